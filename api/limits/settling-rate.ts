/** The rate is the mean of this many seconds. */
const WINDOW_S = 10;
/**
 * The rate is known from this many seconds after the first settlement in the window, until nothing
 * has been settled for more than this many seconds.
 */
const KNOWN_AFTER_S = 3;
const SECOND_MS = 1_000;

/**
 * Measures how many checkouts the workers of the system settle per second, and how long these have
 * waited, from their events.
 */
export class SettlingRate {
  readonly #now: () => number;
  /** Settled checkouts by second, the oldest first. Seconds without settlements are left out. */
  #seconds: { readonly second: number; count: number; waitMs: number }[] = [];

  /** @param now milliseconds of a monotonic clock */
  constructor(now: () => number = () => performance.now()) {
    this.#now = now;
  }

  /** Counts checkouts that were settled now; one of them has waited for `waitMs`. */
  add(count: number, waitMs: number): void {
    const second = this.#currentSecond();
    const last = this.#seconds.at(-1);
    if (last?.second === second) {
      last.count += count;
      last.waitMs = Math.max(last.waitMs, waitMs);
      return;
    }
    this.#seconds = this.#seconds.filter((earlier) => earlier.second >= second - WINDOW_S);
    this.#seconds.push({ second, count, waitMs });
  }

  /** Returns the longest wait of a checkout that was settled in the last 10 s; 0 without any. */
  longestWaitMs(): number {
    const now = this.#currentSecond();
    const recent = this.#seconds.filter(({ second }) => second >= now - WINDOW_S);
    return Math.max(0, ...recent.map(({ waitMs }) => waitMs));
  }

  /**
   * Returns the mean of the last 10 s, or of the time since the workers began to settle, if that is
   * shorter. Returns undefined if they began less than 3 s ago, or settled nothing for over 3 s.
   */
  perSecond(): number | undefined {
    const now = this.#currentSecond();
    const complete = this.#seconds.filter(({ second }) => second >= now - WINDOW_S && second < now);
    const [first] = complete;
    const latest = this.#seconds.at(-1);
    if (first === undefined || latest === undefined) return undefined;
    const spanS = now - first.second;
    if (spanS < KNOWN_AFTER_S || latest.second < now - KNOWN_AFTER_S) return undefined;
    return complete.reduce((sum, { count }) => sum + count, 0) / spanS;
  }

  #currentSecond(): number {
    return Math.floor(this.#now() / SECOND_MS);
  }
}
