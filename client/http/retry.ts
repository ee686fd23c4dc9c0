import { ConnectionError } from '../errors.ts';

const BACKOFF_MS_MIN = 200;
const BACKOFF_MS_MAX = 5_000;
/** A call does not wait longer than this for its next attempt; it fails instead. */
const RETRY_AFTER_MS_MAX = 30_000;
/** The limit of `retries`. */
export const RETRIES_MAX = 100;

/** How often to repeat a request, and whether it may be repeated after an unknown outcome. */
export interface RetryPolicy {
  readonly retries: number;
  readonly isRepeatable: boolean;
  /** Whether the request removes something, which a repeat no longer finds. */
  readonly isRemoval: boolean;
  /** An attempt without a complete answer is not repeated if it took this long or longer, in ms. */
  readonly repeatedWithinMs: number;
  readonly signal: AbortSignal | undefined;
}

/**
 * Calls `attempt` until its answer is not worth a retry, the retries are used up, or the next retry
 * would have to wait for more than 30 s. A 429, a 503 `overloaded` and a 408 `request_timeout` mean
 * that the request had no effect. After any other 408, 502, 503 or 504, and after a cut connection,
 * the outcome is unknown, so only repeatable requests are repeated. If a removal is repeated after
 * that and answered with `not_found`, an earlier attempt has most likely removed it, so the answer
 * becomes 204. No other answer is worth a retry, and neither is a long attempt that was cut late:
 * the next one would take as long.
 * @throws ConnectionError of the last attempt, or the reason of the signal
 */
export async function withRetries(
  { retries, isRepeatable, isRemoval, repeatedWithinMs, signal }: RetryPolicy,
  attempt: () => Promise<Response>,
): Promise<Response> {
  const retriesMax = Math.min(retries, RETRIES_MAX);
  let mayBeRemoved = false;
  for (let retry = 0; ; retry += 1) {
    const startedAt = performance.now();
    const result = await attempt().catch((error: unknown) => {
      signal?.throwIfAborted();
      if (error instanceof ConnectionError) return error;
      throw error;
    });
    const isFailure = result instanceof ConnectionError;
    if (mayBeRemoved && !isFailure && (await readCode(result)) === 'not_found') {
      return new Response(null, { status: 204, headers: result.headers });
    }
    const isInTime = performance.now() - startedAt < repeatedWithinMs;
    const isWorthIt = isFailure ? isRepeatable && isInTime : await mayRetry(result, isRepeatable);
    const requestedMs = isFailure ? undefined : readRetryAfter(result);
    const isTooLong = requestedMs !== undefined && requestedMs > RETRY_AFTER_MS_MAX;
    if (!isWorthIt || retry >= retriesMax || isTooLong) {
      if (isFailure) throw result;
      return result;
    }
    mayBeRemoved ||= isRemoval && (isFailure || !(await hadNoEffect(result)));
    const delayMs = requestedMs === undefined ? backoffMs(retry) : requestedMs + backoffMs(0);
    await pause(delayMs, signal);
  }
}

/** The longest delay of a timer. A timer with a longer delay ends at once. */
const TIMER_MS_MAX = 2 ** 31 - 1;

/** Returns a signal that aborts after `ms` milliseconds, after 24.8 days at the latest. */
export function timeoutSignal(ms: number): AbortSignal {
  return AbortSignal.timeout(Math.min(ms, TIMER_MS_MAX));
}

/**
 * Waits for `ms` milliseconds.
 * @throws the reason of the signal as soon as it is aborted
 */
export async function pause(ms: number, signal: AbortSignal | undefined): Promise<void> {
  signal?.throwIfAborted();
  await new Promise<void>((resolve, reject) => {
    const onAbort = () => {
      clearTimeout(timer);
      reject(signal?.reason);
    };
    const timer = setTimeout(() => {
      signal?.removeEventListener('abort', onAbort);
      resolve();
    }, ms);
    signal?.addEventListener('abort', onAbort, { once: true });
  });
}

/** Returns the delay before a retry: doubled each time, with jitter. */
function backoffMs(retry: number): number {
  const ceiling = Math.min(BACKOFF_MS_MAX, BACKOFF_MS_MIN * 2 ** retry);
  return ceiling * (0.5 + Math.random() / 2);
}

/** Returns the delay of `Retry-After`, which is in seconds or a date, in milliseconds. */
function readRetryAfter(response: Response): number | undefined {
  const header = response.headers.get('retry-after');
  if (header === null) return undefined;
  const seconds = Number(header);
  const ms = Number.isFinite(seconds) ? seconds * 1_000 : Date.parse(header) - Date.now();
  return Number.isNaN(ms) ? undefined : Math.max(0, ms);
}

async function mayRetry(response: Response, isRepeatable: boolean): Promise<boolean> {
  if (![408, 429, 502, 503, 504].includes(response.status)) return false;
  return isRepeatable || (await hadNoEffect(response));
}

async function hadNoEffect(response: Response): Promise<boolean> {
  if (response.status === 429) return true;
  const code = await readCode(response);
  return code === 'overloaded' || code === 'request_timeout';
}

/** Returns the code of a problem document; undefined for any other answer, such as a proxy's. */
async function readCode(response: Response): Promise<unknown> {
  const body: unknown = await response
    .clone()
    .json()
    .catch(() => undefined);
  return typeof body === 'object' && body !== null && 'code' in body ? body.code : undefined;
}
