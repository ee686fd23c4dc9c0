/** What could not be done is left alone for so long. */
const RETRY_EVERY_MS = 60_000;
/** So many of them are tried again in one sweep, so that they cost the others no more than that. */
const RETRIES_MAX = 32;
/** More are not remembered: they are met anew by each sweep. */
const REMEMBERED_MAX = 10_000;

/**
 * Orders that a sweep could not expire for a reason of their own. They are remembered from one
 * sweep to the next, so that they do not hold up, second after second, those behind them.
 */
export class RetryLater {
  /** By order, when it may be tried again, in ms since 1970; the longest left alone come first. */
  readonly #until = new Map<string, number>();

  /** Ids that a sweep which begins at `now` passes over. */
  passedOver(now: Date): string[] {
    const all = Array.from(this.#until);
    const again = all.slice(0, RETRIES_MAX).filter(([, until]) => until <= now.getTime());
    return all.slice(again.length).map(([orderId]) => orderId);
  }

  /** Notes that the order was tried in vain. */
  add(orderId: string, now: Date): void {
    this.#until.delete(orderId);
    if (this.#until.size < REMEMBERED_MAX) this.#until.set(orderId, now.getTime() + RETRY_EVERY_MS);
  }

  /** Forgets an order that has been dealt with. */
  remove(orderId: string): void {
    this.#until.delete(orderId);
  }
}
