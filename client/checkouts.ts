import { ApiError, isTransient, OutcomePendingError } from './errors.ts';
import { CheckoutsResource } from './generated/resources.ts';
import type { AcceptedCheckout, Checkout, CheckoutRequest } from './generated/schema.ts';
import type { CallOptions, Idempotent } from './http/call-options.ts';
import type { Http } from './http/http.ts';
import { readEvents } from './http/read-events.ts';
import { pause, RETRIES_MAX, timeoutSignal } from './http/retry.ts';
import { newNonce } from './http/sign.ts';

const TIMEOUT_MS = 60_000;
/** Short enough that the API answers before most proxies give up. */
const WAIT_SECONDS_MAX = 20;
/** The API sends a heartbeat every 10 s, so a stream without data for this time is lost. */
const STREAM_IDLE_MS = 25_000;
/** The pause between two polls. */
const PAUSE_MS = 1_000;

type Settled<Status extends Checkout['status']> = Omit<Checkout, 'status'> & {
  readonly status: Status;
};

/**
 * The outcome of a checkout. `placed` has orders; `rejected` has a rejection with the reason;
 * `failed` is a fault of the system, and nothing was bought.
 */
export type Outcome =
  | Settled<'placed'>
  | (Settled<'rejected'> & { readonly rejection: NonNullable<Checkout['rejection']> })
  | Settled<'failed'>;

/** A checkout that has its outcome. */
export type SettledCheckout = Outcome;

/** The answer to a new checkout: accepted, or with its outcome if the call waited for it. */
export type AcceptedOrSettled = AcceptedCheckout | Checkout;

/** How long to wait for an outcome. */
export interface WaitOptions {
  /** In ms; 60,000 by default. After that, `OutcomePendingError` is thrown. */
  readonly timeoutMs?: number | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** Options of a checkout that is submitted and followed to its outcome. */
export type SubmitOptions = WaitOptions & Idempotent;

/** Whether the checkout has its outcome. */
export function isSettled(checkout: Checkout): checkout is Outcome {
  return ['placed', 'rejected', 'failed'].includes(checkout.status);
}

/** The calls of checkouts, and the ways to wait for an outcome. */
export class Checkouts extends CheckoutsResource {
  readonly #http: Http;

  constructor(http: Http) {
    super(http);
    this.#http = http;
  }

  /**
   * Places a checkout and waits for its outcome. All attempts have the same idempotency key, so it
   * is placed once. The first request waits; after that the outcome is streamed, or polled if
   * streams fail. A rejection is an outcome and not an error.
   * @throws OutcomePendingError if there is no outcome in time; ApiError, ConnectionError if 100
   *   retries fail before that, or the reason of the signal
   */
  async submitAndWait(request: CheckoutRequest, options: SubmitOptions = {}): Promise<Outcome> {
    const { idempotencyKey = newNonce(), timeoutMs = TIMEOUT_MS } = options;
    const known: Known = { idempotencyKey, checkoutId: undefined };
    return untilDeadline({ ...options, timeoutMs }, known, async (signal) => {
      const waitSeconds = Math.min(WAIT_SECONDS_MAX, timeoutMs / 1_000);
      const call = { idempotencyKey, waitSeconds, signal, retries: RETRIES_MAX };
      const accepted = await this.create(request, call);
      known.checkoutId = accepted.id;
      if ('orders' in accepted && isSettled(accepted)) return accepted;
      return this.#settled(accepted.id, signal);
    });
  }

  /**
   * Waits for the outcome of a checkout.
   * @throws OutcomePendingError if there is no outcome in time; ApiError, or the reason of the signal
   */
  async waitForOutcome(checkoutId: string, options: WaitOptions = {}): Promise<Outcome> {
    const known: Known = { checkoutId, idempotencyKey: undefined };
    return untilDeadline(options, known, (signal) => this.#settled(checkoutId, signal));
  }

  /**
   * Yields the checkout as it is now, again if it begins to wait for units or its place changes,
   * and when it is settled, which ends the iteration. Reads a stream, and polls while streams fail.
   * If the token ends meanwhile, the next request gets another from the client's token function.
   * @throws ApiError, or the reason of the signal
   */
  async *follow(
    checkoutId: string,
    { signal = new AbortController().signal }: Pick<CallOptions, 'signal'> = {},
  ): AsyncGenerator<Checkout, void> {
    let isRefused = false;
    const checkFault = (error: unknown) => {
      signal.throwIfAborted();
      const mayHaveEnded = isUnauthenticated(error) && !isRefused;
      if (!mayHaveEnded && !isTransient(error)) throw error;
      isRefused ||= mayHaveEnded;
    };
    for (;;) {
      for (const read of [this.#events(checkoutId, signal), this.#poll(checkoutId, signal)]) {
        signal.throwIfAborted();
        try {
          for await (const checkout of read) {
            isRefused = false;
            yield checkout;
            if (isSettled(checkout)) return;
          }
        } catch (error) {
          checkFault(error);
        }
      }
      await pause(PAUSE_MS, signal);
    }
  }

  async #settled(checkoutId: string, signal: AbortSignal): Promise<Outcome> {
    for await (const checkout of this.follow(checkoutId, { signal })) {
      if (isSettled(checkout)) return checkout;
    }
    throw new OutcomePendingError(checkoutId);
  }

  async *#events(checkoutId: string, signal: AbortSignal): AsyncGenerator<Checkout, void> {
    const path = `/v1/checkouts/${encodeURIComponent(checkoutId)}/events`;
    const response = await this.#http.stream(path, signal);
    for await (const { event, data } of readEvents(response, STREAM_IDLE_MS)) {
      if (event === 'checkout') yield JSON.parse(data) as Checkout;
      if (event === 'error') throw toApiError(data);
    }
  }

  async *#poll(checkoutId: string, signal: AbortSignal): AsyncGenerator<Checkout, void> {
    yield await this.get(checkoutId, { waitSeconds: WAIT_SECONDS_MAX, signal });
  }
}

interface Known {
  readonly idempotencyKey: string | undefined;
  checkoutId: string | undefined;
}

/** Ends the work after `timeoutMs`, with an error that has what the caller needs to continue. */
async function untilDeadline<Value>(
  { timeoutMs = TIMEOUT_MS, signal }: WaitOptions,
  known: Known,
  work: (signal: AbortSignal) => Promise<Value>,
): Promise<Value> {
  const deadline = timeoutSignal(timeoutMs);
  try {
    return await work(signal === undefined ? deadline : AbortSignal.any([signal, deadline]));
  } catch (cause) {
    signal?.throwIfAborted();
    if (!deadline.aborted) throw cause;
    const { checkoutId, idempotencyKey } = known;
    throw new OutcomePendingError(checkoutId, { cause, idempotencyKey });
  }
}

/** Returns whether the token or key was refused. It may have ended during a stream or a wait. */
function isUnauthenticated(error: unknown): boolean {
  return error instanceof ApiError && error.status === 401;
}

function toApiError(data: string): ApiError {
  const problem: unknown = JSON.parse(data);
  const isProblem = typeof problem === 'object' && problem !== null && 'status' in problem;
  return new ApiError(isProblem ? Number(problem.status) : 500, problem);
}
