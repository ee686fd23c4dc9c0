import { setTimeout as pause } from 'node:timers/promises';
import { Webhook } from 'standardwebhooks';
import type { Event } from '../generated/schema.ts';

/** The result of forwarding an event: the status of the last answer, or why there was none. */
export type ForwardResult = number | string;

const TRIES_MAX = 4;
const BACKOFF_FIRST_MS = 250;
const TIMEOUT_MS = 10_000;
const USER_AGENT = 'Lastunit-CLI';

/**
 * Posts an event as a signed webhook request. Tries again unless the answer is 2xx, as webhooks do,
 * but gives up after four attempts of up to 10 s each.
 */
export async function forwardEvent(
  event: Event,
  { url, secret, signal }: { url: string; secret: string; signal: AbortSignal },
): Promise<ForwardResult> {
  const payload = JSON.stringify(event);
  let result: ForwardResult = 'not sent';
  for (let tries = 1; tries <= TRIES_MAX && !signal.aborted; tries += 1) {
    result = await post(event.id, payload, { url, secret, signal });
    if (typeof result === 'number' && result >= 200 && result < 300) return result;
    if (tries === TRIES_MAX) break;
    await pause(BACKOFF_FIRST_MS * 2 ** (tries - 1), undefined, { signal }).catch(() => undefined);
  }
  return result;
}

async function post(
  id: string,
  body: string,
  { url, secret, signal }: { url: string; secret: string; signal: AbortSignal },
): Promise<ForwardResult> {
  const now = new Date();
  const headers = {
    'content-type': 'application/json',
    'user-agent': USER_AGENT,
    'webhook-id': id,
    'webhook-timestamp': String(Math.floor(now.getTime() / 1_000)),
    'webhook-signature': new Webhook(secret).sign(id, now, body),
  };
  const bound = AbortSignal.any([signal, AbortSignal.timeout(TIMEOUT_MS)]);
  try {
    const request = { method: 'POST', headers, body, signal: bound, redirect: 'manual' } as const;
    const answer = await fetch(url, request);
    await answer.body?.cancel();
    return answer.status;
  } catch (error) {
    const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
    return cause instanceof Error ? cause.message : String(cause);
  }
}
