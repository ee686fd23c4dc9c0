import { randomInt } from 'node:crypto';
import { RefusedError } from '../../shared/domain/errors.ts';
import { QueueFullError } from '../../shared/runtime/group-commit.ts';
import type { Logger } from '../../shared/runtime/logger.ts';
import type { Lane } from '../http/route.ts';

/** `Retry-After` is random from 1 s to this, so that clients do not all come back together. */
const RETRY_AFTER_S_MAX = 3;
/** Each reason is logged at most once in this time. */
const LOG_EVERY_MS = 10_000;

interface ShedderOptions {
  /** Requests that may be in progress in this process; waits do not count. */
  readonly requestsMax: number;
  /** Returns the refusal of new checkouts, or undefined while they are accepted. */
  readonly refusalOfCheckouts: () => RefusedError | undefined;
  /** Called for each refusal because of load. */
  readonly onShed: (reason: string) => void;
  readonly log: Logger;
}

/**
 * Refuses requests that the process could not serve in good time, before they cost anything. A
 * refused request has no effect.
 *
 * A fixed limit of requests in progress bounds the memory. Together with the rate at which requests
 * are served, it also bounds the time that each request takes.
 */
export class LoadShedder {
  readonly #options: ShedderOptions;
  readonly #loggedAt = new Map<string, number>();
  #inProgress = 0;

  constructor(options: ShedderOptions) {
    this.#options = options;
  }

  /** The number of requests in progress, without the lane `status` and without waits. */
  get inProgress(): number {
    return this.#inProgress;
  }

  /**
   * Returns the error `overloaded` if requests of this lane are refused now, otherwise undefined.
   */
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

  /**
   * Checks that requests of this lane are served now.
   * @throws RefusedError overloaded, as `refusal` returns it
   */
  check(lane: Lane): void {
    const refusal = this.refusal(lane);
    if (refusal !== undefined) throw refusal;
  }

  /**
   * Counts a request as in progress.
   * @returns a function to call when the request ends; further calls do nothing
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

  /** Counts and logs the error of a request if the request was refused because of load. */
  recordIfShed(error: unknown): void {
    if (error instanceof QueueFullError) this.record('queue_full');
    else if (error instanceof RefusedError && error.code === 'overloaded') {
      this.record(error.extra.reason ?? 'other');
    }
  }

  /** Counts a refusal because of load. Logs each reason at most once in 10 s. */
  record(reason: string): void {
    const { onShed, log } = this.#options;
    onShed(reason);
    const now = performance.now();
    if (now - (this.#loggedAt.get(reason) ?? Number.NEGATIVE_INFINITY) < LOG_EVERY_MS) return;
    this.#loggedAt.set(reason, now);
    log.warn({ reason, inProgress: this.#inProgress }, 'requests are shed');
  }
}
