import { expireOrders } from '../../shared/ledger/expire-orders.ts';
import type { LedgerContext } from '../../shared/ledger/ledger.ts';
import { DUE_ORDER, type DueOrder } from '../../shared/ledger/moving/lapsed-orders.ts';
import { errorMessage } from '../../shared/runtime/error-message.ts';

export const EXPIRE_EVERY_MS = 1_000;
const PAGE_MAX = 256;
const PAGES_MAX = 40;

/** An order that could not be expired is retried after this long. */
const RETRY_EVERY_MS = 60_000;
/** The most orders that one sweep retries, so that they do not delay other orders. */
const RETRIES_MAX = 32;
/** The most orders that are remembered. Every sweep retries orders beyond this number. */
const REMEMBERED_MAX = 10_000;

/**
 * Expires the pending orders whose reservation is over, which returns their units. An order that
 * was moved meanwhile is not changed: the ledger decides at its own snapshot.
 * @param retryLater remembers, from sweep to sweep, orders that cannot be expired
 * @returns how many orders were expired
 * @throws a retryable error immediately; an Error with the first of the orders that could not be
 *   expired, once the other orders have been expired
 */
export async function expireReservations(
  ledger: LedgerContext,
  signal: AbortSignal,
  retryLater: RetryLater = new RetryLater(),
): Promise<number> {
  let expired = 0;
  const stuck = new Map<string, unknown>();
  const skipped = retryLater.forgetDue(ledger.clock.now());
  for (let page = 0; page < PAGES_MAX && !signal.aborted; page += 1) {
    const due = await readDue(ledger, [...skipped, ...stuck.keys()]);
    const result = await expireOrders(ledger, due);
    expired += result.count;
    for (const [orderId, error] of result.stuck) {
      retryLater.add(orderId, ledger.clock.now());
      stuck.set(orderId, error);
    }
    if (due.length < PAGE_MAX) break;
  }
  for (const [orderId, error] of stuck) {
    const reason = errorMessage(error);
    const count = `${stuck.size} of ${stuck.size + expired} orders`;
    throw new Error(`${count} could not be expired, the first is ${orderId}: ${reason}`);
  }
  return expired;
}

async function readDue({ store, clock }: LedgerContext, skippedIds: string[]): Promise<DueOrder[]> {
  const _id = { $nin: skippedIds };
  return store.orders
    .aggregate<DueOrder>([
      { $match: { status: 'pending', reservedUntil: { $lte: clock.now() }, _id } },
      { $sort: { reservedUntil: 1 } },
      { $limit: PAGE_MAX },
      { $project: DUE_ORDER },
    ])
    .toArray();
}

/**
 * Orders that a sweep could not expire because of their own data. Later sweeps skip them for a
 * while, so that they do not delay the orders behind them.
 */
export class RetryLater {
  /** The time at which each order may be retried, in ms since 1970; the earliest come first. */
  readonly #retryAt = new Map<string, number>();

  /**
   * Forgets up to `RETRIES_MAX` orders that may be retried at `now`, so that the sweep that begins
   * finds them. Returns the other orders, which the sweep skips. An order that is stuck again is
   * added again. An order that another process has moved is found by no sweep; if it stayed
   * remembered, it would for ever take the place of an order to retry.
   */
  forgetDue(now: Date): string[] {
    const entries = Array.from(this.#retryAt).slice(0, RETRIES_MAX);
    for (const [orderId, at] of entries) if (at <= now.getTime()) this.#retryAt.delete(orderId);
    return [...this.#retryAt.keys()];
  }

  /** Records that the order could not be expired, unless `REMEMBERED_MAX` orders are recorded. */
  add(orderId: string, now: Date): void {
    if (this.#retryAt.size < REMEMBERED_MAX) {
      this.#retryAt.set(orderId, now.getTime() + RETRY_EVERY_MS);
    }
  }
}
