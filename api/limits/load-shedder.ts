import { randomInt } from 'node:crypto';
import { RefusedError } from '../../shared/domain/errors.ts';
import { QueueFullError } from '../../shared/runtime/group-commit.ts';
import type { Logger } from '../../shared/runtime/logger.ts';
import type { Lane } from '../http/route.ts';

/** Clients come back spread over this time, not all together. */
const RETRY_AFTER_S_MAX = 3;
/** A reason is logged at most this often. */
const LOG_EVERY_MS = 10_000;

interface ShedderOptions {
  /** Requests that may be in progress in this process; waits do not count. */
  readonly requestsMax: number;
  /** Returns why no new checkout is accepted, if so. */
  readonly refusalOfCheckouts: () => RefusedError | undefined;
  readonly onShed: (reason: string) => void;
  readonly log: Logger;
}

/**
 * Refuses requests that the process could not serve in good time, before they cost anything. A
 * refused request has no effect.
 *
 * A fixed number of requests in progress bounds memory, and with the rate at which they are served
 * it bounds the time that each of them takes.
 */
export class LoadShedder {
  readonly #options: ShedderOptions;
  readonly #loggedAt = new Map<string, number>();
  #inProgress = 0;

  constructor(options: ShedderOptions) {
    this.#options = options;
  }

  /** Requests in progress, without those of the lane `status` and without waits. */
  get inProgress(): number {
    return this.#inProgress;
  }

  /** Returns the refusal `overloaded` if no request of this lane is served now. */
  refusal(lane: Lane): RefusedError | undefined {
    if (lane === 'status') return undefined;
    if (this.#inProgress >= this.#options.requestsMax) {
      return new RefusedError('overloaded', 'Too many requests are in progress. Try again.', [], {
        reason: 'requests_in_progress',
        retryAfterS: randomInt(1, RETRY_AFTER_S_MAX + 1),
      });
    }
    return lane === 'checkout' ? this.#options.refusalOfCheckouts() : undefined;
  }

  /** @throws RefusedError as `refusal` returns it */
  check(lane: Lane): void {
    const refusal = this.refusal(lane);
    if (refusal !== undefined) throw refusal;
  }

  /**
   * Counts a request as in progress.
   * @returns a function that ends it; further calls do nothing
   * @throws RefusedError as `check`
   */
  enter(lane: Lane): () => void {
    this.check(lane);
    if (lane === 'status') return () => undefined;
    this.#inProgress += 1;
    let isEntered = true;
    return () => {
      if (isEntered) this.#inProgress -= 1;
      isEntered = false;
    };
  }

  /** Counts and logs the error of a request if it is a refusal of load. */
  recordIfShed(error: unknown): void {
    if (error instanceof QueueFullError) this.record('queue_full');
    else if (error instanceof RefusedError && error.code === 'overloaded') {
      this.record(error.extra.reason ?? 'other');
    }
  }

  /** Counts a refusal of load. Logs each reason only once in a while. */
  record(reason: string): void {
    const { onShed, log } = this.#options;
    onShed(reason);
    const now = performance.now();
    if (now - (this.#loggedAt.get(reason) ?? Number.NEGATIVE_INFINITY) < LOG_EVERY_MS) return;
    this.#loggedAt.set(reason, now);
    log.warn({ reason, inProgress: this.#inProgress }, 'requests are shed');
  }
}
