/** Holders that are remembered; the one that came first makes room. */
const HOLDERS_MAX = 10_000;

interface Window {
  points: number;
  readonly endsAt: number;
}

/** Counts points of each holder in windows that begin with the first, in this process alone. */
export class LocalWindow {
  readonly #pointsMax: number;
  readonly #windowMs: number;
  readonly #windows = new Map<string, Window>();

  constructor(pointsMax: number, windowMs: number) {
    this.#pointsMax = pointsMax;
    this.#windowMs = windowMs;
  }

  /** Counts one point. Returns 0, or the milliseconds until the window ends if it is one too many. */
  take(holder: string): number {
    const now = performance.now();
    const window = this.#windowOf(holder, now);
    window.points += 1;
    return window.points <= this.#pointsMax ? 0 : Math.max(1, Math.ceil(window.endsAt - now));
  }

  /** Takes one point back. */
  giveBack(holder: string): void {
    const window = this.#windows.get(holder);
    if (window !== undefined) window.points -= 1;
  }

  /** Forgets what was counted. */
  reset(holder: string): void {
    this.#windows.delete(holder);
  }

  #windowOf(holder: string, now: number): Window {
    const known = this.#windows.get(holder);
    if (known !== undefined && known.endsAt > now) return known;
    this.#windows.delete(holder);
    const [first] = this.#windows.keys();
    if (this.#windows.size >= HOLDERS_MAX && first !== undefined) this.#windows.delete(first);
    const fresh = { points: 0, endsAt: now + this.#windowMs };
    this.#windows.set(holder, fresh);
    return fresh;
  }
}
