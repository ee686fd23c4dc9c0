import { Resolver } from 'node:dns/promises';
import * as http from 'node:http';
import * as https from 'node:https';
import { isIP } from 'node:net';
import { addAbortSignal } from 'node:stream';
import { LRUCache } from 'lru-cache';
import { Webhook } from 'standardwebhooks';
import { untilAborted } from '../../shared/runtime/deadline.ts';
import type {
  AttemptError,
  DeliveryAttempt,
  DeliveryRecord,
} from '../../shared/store/collections/webhook-deliveries.ts';
import type { WebhookRecord } from '../../shared/store/collections/webhooks.ts';
import { isAddressAllowed } from '../../shared/webhooks/target-address.ts';
import { judgeTarget, type Target } from '../../shared/webhooks/target-url.ts';
import { deriveSigningSecrets } from '../../shared/webhooks/webhook-secret.ts';
import { type DeliveryContext, ENDPOINT_REQUESTS_MAX, type NameCache } from './delivery-context.ts';

const USER_AGENT = 'Lastunit-Webhooks/1';
const NAMES_CACHED_MS = 3_000;
const NAMES_CACHED_MAX = 1_000;
const QUERY_TIMEOUT_MS = 2_000;
const QUERY_TRIES_MAX = 2;
/** How much of an answer's body is kept. */
const RESPONSE_BYTES_MAX = 1_024;
/** A body of up to this size is read to its end, so that the connection can be used again. */
const READ_BYTES_MAX = 16_384;
const IDLE_TIMEOUT_MS = 2_000;

/** Keeps as many connections as a busy endpoint uses. They are pooled by address and name. */
const pool = { keepAlive: true, timeout: IDLE_TIMEOUT_MS, maxFreeSockets: ENDPOINT_REQUESTS_MAX };
const httpAgent = new http.Agent(pool);
const httpsAgent = new https.Agent(pool);

/** Returns all addresses of a host name; an empty list if it has none. */
export type NameResolver = (host: string) => Promise<readonly string[]>;

/** How one attempt ended. Without an `error` the receiver accepted the event. */
export type SendResult = Omit<DeliveryAttempt, 'at' | 'isManual'> & {
  readonly retryAfterMs?: number;
};

/**
 * Queries the configured DNS servers over its own sockets. The system's resolver works in the few
 * threads that the whole process shares, where slow names would delay other work. Names that are
 * only in the hosts file are not found. A query that fails counts as an answer without addresses.
 */
export const dnsResolver: NameResolver = async (host) => {
  const resolver = new Resolver({ timeout: QUERY_TIMEOUT_MS, tries: QUERY_TRIES_MAX });
  const results = await Promise.allSettled([resolver.resolve4(host), resolver.resolve6(host)]);
  return results.flatMap((result) => (result.status === 'fulfilled' ? result.value : []));
};

/** Caches a resolver's answers for a few seconds. */
export function cacheNames(resolver: NameResolver): NameCache {
  return new LRUCache<string, readonly string[]>({
    max: NAMES_CACHED_MAX,
    ttl: NAMES_CACHED_MS,
    fetchMethod: async (host) => {
      const addresses = await resolver(host);
      return addresses.length > 0 ? addresses : undefined;
    },
  });
}

/** The event to send; `traceparent` is the trace context for the receiver. */
export type Sending = Pick<DeliveryRecord, 'eventId' | 'payload'> & {
  readonly traceparent?: string | undefined;
};

/**
 * Makes one attempt to send a delivery. Returns failures as results and never throws.
 * @returns undefined if `stopping` was aborted before there was a result
 */
export async function sendDelivery(
  context: DeliveryContext,
  webhook: WebhookRecord,
  delivery: Sending,
  stopping: AbortSignal,
): Promise<SendResult | undefined> {
  const startedAt = performance.now();
  const late = AbortSignal.timeout(context.times.sendTimeoutMs);
  const signal = AbortSignal.any([stopping, late]);
  const sending = trySending(context, webhook, delivery, signal);
  const result = await sending.catch((error: unknown) => {
    if (stopping.aborted) return undefined;
    return { error: late.aborted ? 'timeout' : toAttemptError(error) };
  });
  return result && { ...result, durationMs: Math.round(performance.now() - startedAt) };
}

async function trySending(
  context: DeliveryContext,
  webhook: WebhookRecord,
  { eventId, payload, traceparent }: Sending,
  signal: AbortSignal,
): Promise<Omit<SendResult, 'durationMs'>> {
  // Resolving a name cannot be aborted, so the deadline does not wait for it.
  const resolved = await untilAborted(signal, resolveTarget(context, webhook.url));
  if (typeof resolved === 'string') return { error: resolved };
  const now = context.clock.now();
  // https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md
  const secrets = deriveSigningSecrets(context.secretsKey, webhook, now);
  const signatures = secrets.map((secret) => new Webhook(secret).sign(eventId, now, payload));
  const headers = {
    'content-type': 'application/json',
    'user-agent': USER_AGENT,
    'webhook-id': eventId,
    'webhook-timestamp': String(Math.floor(now.getTime() / 1_000)),
    'webhook-signature': signatures.join(' '),
    ...(traceparent !== undefined && { traceparent }),
  };
  const post = { ...resolved, headers, body: payload };
  const { retryAfter, ...answer } = await postGuarded(context, post, signal);
  if (answer.status >= 200 && answer.status < 300) return answer;
  const retryAfterMs = parseRetryAfter(retryAfter, now);
  return { ...answer, error: 'status', ...(retryAfterMs && { retryAfterMs }) };
}

/**
 * Returns the target with the address to connect to. Returns an error if the host name has no
 * address, or if the target or any of its addresses is not allowed. The connection is made to the
 * returned address, so that a second answer of the resolver has no effect.
 */
async function resolveTarget(
  { rules, names }: DeliveryContext,
  url: string,
): Promise<{ readonly target: Target; readonly address: string } | AttemptError> {
  const judged = judgeTarget(url, rules);
  if ('refusal' in judged) return 'forbidden_target';
  const { target } = judged;
  if (target.address !== undefined) return { target, address: target.address };
  const addresses = (await names.fetch(target.host).catch(() => undefined)) ?? [];
  const [address] = addresses;
  if (address === undefined) return 'unknown_host';
  const areAllowed = addresses.every((candidate) =>
    isAddressAllowed(candidate, rules.allowedRanges),
  );
  return areAllowed ? { target, address } : 'forbidden_target';
}

/** A request whose address has been checked. */
interface GuardedPost {
  readonly target: Target;
  readonly address: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/**
 * Posts to the checked address, under the name in the URL (Host, SNI, certificate). It follows no
 * redirects and uses no cookies and no proxy. A kept connection that turns out to be closed is
 * replaced by a new one.
 * @throws if the answer's headers do not arrive, or `signal` is aborted
 */
async function postGuarded(
  context: DeliveryContext,
  post: GuardedPost,
  signal: AbortSignal,
  isRetry = false,
) {
  const { connectTimeoutMs, bodyTimeoutMs } = context.times;
  const { url, host } = post.target;
  const isTls = url.protocol === 'https:';
  const open: typeof https.request = isTls ? https.request : http.request;
  const request = open(url, {
    method: 'POST',
    hostname: post.address,
    headers: { ...post.headers, host: url.host },
    agent: isRetry ? false : isTls ? httpsAgent : httpAgent,
    lookup: (name, _options, done) => done(new Error(`${name} is not an address`), '', 0),
    signal,
    ...(isIP(host) === 0 && { servername: host }),
  });
  request.once('socket', (socket) => {
    if (!socket.connecting) return;
    const late = Object.assign(new Error('connecting took too long'), { code: 'ETIMEDOUT' });
    const timer = setTimeout(() => request.destroy(late), connectTimeoutMs);
    socket.once(isTls ? 'secureConnect' : 'connect', () => clearTimeout(timer));
    socket.once('close', () => clearTimeout(timer));
  });
  const answered = new Promise<http.IncomingMessage>((resolve, reject) => {
    request.on('response', resolve).on('error', reject);
    // The request closes without an answer if the receiver switches to another protocol.
    request.on('close', () => reject(new Error('closed without an answer')));
  });
  request.end(post.body);
  try {
    const message = await answered;
    const response = await readBeginning(message, bodyTimeoutMs);
    const { statusCode: status = 0, headers } = message;
    return { status, response, retryAfter: headers['retry-after'] };
  } catch (error) {
    if (isRetry || !request.reusedSocket || signal.aborted) throw error;
    return postGuarded(context, post, signal, true);
  }
}

/**
 * Reads the beginning of a body, for a bounded time and up to a bounded size. Returns what has
 * arrived if the body breaks off or the request is aborted.
 */
async function readBeginning(message: http.IncomingMessage, timeoutMs: number): Promise<string> {
  addAbortSignal(AbortSignal.timeout(timeoutMs), message);
  const kept: Buffer[] = [];
  let bytes = 0;
  try {
    for await (const chunk of message) {
      if (bytes < RESPONSE_BYTES_MAX) kept.push(chunk.subarray(0, RESPONSE_BYTES_MAX - bytes));
      bytes += chunk.length;
      if (bytes > READ_BYTES_MAX) break;
    }
  } catch {
    // The status counts, even if reading the body fails.
  }
  // Some databases and JSON readers refuse NUL characters.
  return Buffer.concat(kept).toString('utf8').replaceAll('\0', '');
}

/**
 * Returns the ms to wait from a Retry-After header, which has seconds or a date (RFC 9110, 10.2.3).
 * Returns undefined if the header is absent or invalid, or its time has passed.
 */
function parseRetryAfter(text: string | undefined, now: Date): number | undefined {
  if (text === undefined) return undefined;
  const ms = /^\d{1,9}$/.test(text) ? Number(text) * 1_000 : Date.parse(text) - now.getTime();
  return Number.isFinite(ms) && ms > 0 ? ms : undefined;
}

const TLS_CODE = /^(ERR_TLS|ERR_SSL|EPROTO|CERT_|UNABLE_TO_|SELF_SIGNED|DEPTH_ZERO|HOSTNAME_)/;

function toAttemptError(error: unknown): AttemptError {
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  if (code === 'ETIMEDOUT') return 'timeout';
  return TLS_CODE.test(code) ? 'tls' : 'connection';
}
