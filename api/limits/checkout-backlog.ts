import { RefusedError } from '../../shared/domain/errors.ts';
import { pause } from '../../shared/runtime/deadline.ts';
import type { QueuedCheckouts } from '../../shared/store/read-backlog.ts';
import { SettlingRate } from './settling-rate.ts';

const READ_PAUSE_MS_MIN = 1_000;
/** The pause after a count is this many times as long as the count, within the two bounds. */
const PAUSE_FACTOR = 20;
const READ_PAUSE_MS_MAX = 10_000;
/**
 * When the backlog is full, `Retry-After` is the time until this percentage of the limit is free.
 */
const FREE_PERCENT = 5;
const RETRY_AFTER_S_MAX = 60;
/** Used while the rate of settling is unknown. */
const RETRY_AFTER_S_UNKNOWN = 10;

interface BacklogLimits {
  /** Checkouts that may wait to be settled. */
  readonly waitingMax: number;
  /** How long a checkout may wait while workers settle checkouts. */
  readonly waitMsMax: number;
}

interface BacklogOptions extends BacklogLimits {
  /**
   * Counts the queued checkouts, up to `waitingMax`. `oldestMs` ignores the oldest batch, so a few
   * checkouts that are retried again and again do not make the backlog old.
   */
  readonly read: () => Promise<QueuedCheckouts>;
  /** Milliseconds of a monotonic clock. */
  readonly now?: () => number;
}

/**
 * Decides by the backlog whether new checkouts are accepted. The backlog is counted in the
 * background. Between two counts this process adds the checkouts that it stores, and subtracts the
 * checkouts that workers settle.
 */
export class CheckoutBacklog {
  readonly #options: BacklogOptions;
  readonly #rate: SettlingRate;
  readonly #stopping = new AbortController();
  readonly #counting: Promise<void>;
  #counted: QueuedCheckouts = { waiting: 0, oldestMs: 0 };
  /** Checkouts that were stored less checkouts that were settled, since the last count began. */
  #change = 0;

  constructor(options: BacklogOptions) {
    this.#options = options;
    this.#rate = new SettlingRate(options.now);
    this.#counting = this.#countUntilStopped();
  }

  /** The number of waiting checkouts that this process knows of. */
  get waiting(): number {
    return Math.max(0, this.#counted.waiting + this.#change);
  }

  /** Counts a checkout that this process has stored. */
  stored(): void {
    this.#change += 1;
  }

  /** Counts checkouts that workers have settled; one of them has waited for `waitMs`. */
  settled(count: number, waitMs: number): void {
    this.#change -= count;
    this.#rate.add(count, waitMs);
  }

  /** Returns the refusal of a new checkout, or undefined if it may be stored. */
  refusal(): RefusedError | undefined {
    const { waitingMax, waitMsMax } = this.#options;
    const { waiting } = this;
    if (waiting >= waitingMax) {
      const surplus = waiting - waitingMax + (waitingMax * FREE_PERCENT) / 100;
      return this.#refuse('checkouts_waiting', 'Too many checkouts wait to be settled.', surplus);
    }
    if (this.#counted.oldestMs <= waitMsMax) return undefined;
    // Checkouts of a partition that is not settled grow old, and those of others need not wait.
    if (this.#rate.longestWaitMs() <= waitMsMax) return undefined;
    const perSecond = this.#rate.perSecond();
    if (perSecond === undefined) return undefined;
    const lateCount = waiting - (perSecond * waitMsMax) / 1_000;
    if (lateCount <= 0) return undefined;
    return this.#refuse(
      'checkouts_wait_too_long',
      'Checkouts wait too long to be settled.',
      lateCount,
    );
  }

  /** Stops counting. */
  async stop(): Promise<void> {
    this.#stopping.abort();
    await this.#counting;
  }

  /** @param count checkouts that have to be settled before new checkouts are accepted */
  #refuse(reason: string, detail: string, count: number): RefusedError {
    const perSecond = this.#rate.perSecond();
    const retryAfterS =
      perSecond === undefined
        ? RETRY_AFTER_S_UNKNOWN
        : Math.min(RETRY_AFTER_S_MAX, Math.max(1, Math.ceil(count / perSecond)));
    const text = `${detail} Nothing was stored. Try again later.`;
    return new RefusedError('overloaded', text, [], { reason, retryAfterS });
  }

  async #countUntilStopped(): Promise<void> {
    const { signal } = this.#stopping;
    while (!signal.aborted) {
      const startedAt = performance.now();
      await this.#count();
      const tookMs = performance.now() - startedAt;
      const pauseMs = Math.max(READ_PAUSE_MS_MIN, tookMs * PAUSE_FACTOR);
      await pause(Math.min(READ_PAUSE_MS_MAX, pauseMs), signal);
    }
  }

  /** Keeps the last count if MongoDB does not answer. */
  async #count(): Promise<void> {
    const before = this.#change;
    const counted = await this.#options.read().catch(() => undefined);
    if (counted === undefined) return;
    this.#counted = counted;
    this.#change -= before;
  }
}
