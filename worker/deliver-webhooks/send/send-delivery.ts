import { Webhook } from 'standardwebhooks';
import type {
  AttemptError,
  DeliveryRecord,
} from '../../../shared/store/collections/webhook-deliveries.ts';
import type { WebhookRecord } from '../../../shared/store/collections/webhooks.ts';
import { webhookSecretsOf } from '../../../shared/webhooks/webhook-secret.ts';
import type { DeliveryContext } from '../delivery-context.ts';
import { ConnectTimeoutError, postGuarded } from './post-guarded.ts';
import { resolveTarget } from './resolve-target.ts';

const USER_AGENT = 'Lastunit-Webhooks/1';

/** What became of one attempt. Without an `error` the receiver has it. */
export interface SendResult {
  readonly durationMs: number;
  readonly status?: number;
  readonly response?: string;
  readonly error?: AttemptError;
  readonly retryAfterMs?: number;
}

/**
 * Sends one delivery, once. It does not throw: whatever goes wrong is the result.
 * @returns undefined when `stopping` was aborted before there was a result
 */
export async function sendDelivery(
  context: DeliveryContext,
  webhook: WebhookRecord,
  delivery: DeliveryRecord,
  stopping: AbortSignal,
): Promise<SendResult | undefined> {
  const startedAt = performance.now();
  const attempt = new AbortController();
  const stop = () => attempt.abort();
  const { sendTimeoutMs } = context.times;
  let isLate = false;
  const timer = setTimeout(() => {
    isLate = true;
    attempt.abort();
  }, sendTimeoutMs);
  stopping.addEventListener('abort', stop, { once: true });
  try {
    const sending = trySending(context, webhook, delivery, attempt.signal);
    const outcome = await Promise.race([sending, endOf(attempt.signal)]);
    return { durationMs: msSince(startedAt), ...outcome };
  } catch (error) {
    if (stopping.aborted) return undefined;
    return { durationMs: msSince(startedAt), error: isLate ? 'timeout' : errorOf(error) };
  } finally {
    clearTimeout(timer);
    stopping.removeEventListener('abort', stop);
  }
}

function msSince(startedAt: number): number {
  return Math.round(performance.now() - startedAt);
}

async function trySending(
  context: DeliveryContext,
  webhook: WebhookRecord,
  delivery: DeliveryRecord,
  signal: AbortSignal,
): Promise<Omit<SendResult, 'durationMs'>> {
  const { rules, names, times, secretsKey, clock } = context;
  const resolved = await resolveTarget(webhook.url, rules, names.resolve);
  if ('error' in resolved) return resolved;
  signal.throwIfAborted();
  const now = clock.now();
  const headers = signedHeaders(delivery, webhookSecretsOf(secretsKey, webhook, now), now);
  const post = { ...resolved, headers, body: delivery.payload };
  const { status, response, retryAfter } = await postGuarded(post, times, signal);
  if (status >= 200 && status < 300) return { status, response };
  const retryAfterMs = retryAfterOf(retryAfter, now);
  return { status, response, error: 'status', ...(retryAfterMs && { retryAfterMs }) };
}

/** Resolving a name is not interruptible: the deadline is kept without it. */
function endOf(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    const end = () => reject(signal.reason);
    if (signal.aborted) end();
    signal.addEventListener('abort', end, { once: true });
  });
}

/** RFC 9110, 10.2.3: seconds, or a date. */
function retryAfterOf(text: string | undefined, now: Date): number | undefined {
  if (text === undefined) return undefined;
  const ms = /^\d{1,9}$/.test(text) ? Number(text) * 1_000 : Date.parse(text) - now.getTime();
  return Number.isFinite(ms) && ms > 0 ? ms : undefined;
}

const TLS_CODE = /^(ERR_TLS|ERR_SSL|EPROTO|CERT_|UNABLE_TO_|SELF_SIGNED|DEPTH_ZERO|HOSTNAME_)/;

function errorOf(error: unknown): AttemptError {
  if (error instanceof ConnectTimeoutError) return 'timeout';
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  if (code === 'ETIMEDOUT') return 'timeout';
  return TLS_CODE.test(code) ? 'tls' : 'connection';
}

/**
 * Returns the headers of one attempt, signed by the Standard Webhooks scheme with each secret:
 * https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md
 */
function signedHeaders(
  { eventId, payload }: Pick<DeliveryRecord, 'eventId' | 'payload'>,
  secrets: readonly string[],
  now: Date,
): Record<string, string> {
  const signatures = secrets.map((secret) => new Webhook(secret).sign(eventId, now, payload));
  return {
    'content-type': 'application/json',
    'user-agent': USER_AGENT,
    'webhook-id': eventId,
    'webhook-timestamp': String(Math.floor(now.getTime() / 1_000)),
    'webhook-signature': signatures.join(' '),
  };
}
