import { splitOnError } from '../../shared/ledger/commit.ts';
import { BATCH_LINES_MAX, type LedgerContext } from '../../shared/ledger/ledger.ts';
import { moveOrders } from '../../shared/ledger/move-orders.ts';
import { errorMessage } from '../../shared/runtime/error-message.ts';

import { isRetryable } from '../../shared/store/transaction.ts';

export const EXPIRE_EVERY_MS = 1_000;
const PAGE_MAX = 256;
const PAGES_MAX = 40;

/** An order that could not be expired is retried after this long. */
const RETRY_EVERY_MS = 60_000;
/** One sweep retries this many, so that they do not delay the others. */
const RETRIES_MAX = 32;
/** Further ones are not remembered, and every sweep tries them. */
const REMEMBERED_MAX = 10_000;

type Due = { readonly _id: string; readonly lineCount: number };

/**
 * Expires every pending order whose reservation is over, which returns its units. An order that
 * moves meanwhile stays as it is: the ledger decides at its own snapshot.
 * @param retryLater remembers, from sweep to sweep, orders that cannot be expired
 * @returns how many orders were expired
 * @throws a retryable error at once; the faults of single orders once all others are done
 */
export async function expireReservations(
  ledger: LedgerContext,
  signal: AbortSignal,
  retryLater: RetryLater = new RetryLater(),
): Promise<number> {
  let expired = 0;
  const stuck = new Map<string, unknown>();
  const skipped = retryLater.skipped(ledger.clock.now());
  for (let page = 0; page < PAGES_MAX && !signal.aborted; page += 1) {
    const due = await readDue(ledger, [...skipped, ...stuck.keys()]);
    for (const batch of splitIntoBatches(due)) {
      expired += await expireBatch(ledger, batch, stuck);
      for (const { _id } of batch) {
        if (stuck.has(_id)) retryLater.add(_id, ledger.clock.now());
        else retryLater.remove(_id);
      }
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

/** Returns how many were expired, and adds the orders that cannot be expired to `stuck`. */
async function expireBatch(
  ledger: LedgerContext,
  batch: readonly Due[],
  stuck: Map<string, unknown>,
): Promise<number> {
  const results = await splitOnError(batch, (orders) => moveOrders(ledger, orders.map(toCommand)));
  let expired = 0;
  for (const [index, result] of results.entries()) {
    if ('value' in result) {
      if (result.value.kind === 'moved') expired += 1;
    } else if (isRetryable(result.error)) throw result.error;
    else stuck.set(batch[index]?._id ?? '', result.error);
  }
  return expired;
}

function toCommand({ _id }: Due) {
  const reason = 'not confirmed in time';
  return { orderId: _id, move: 'expire', actor: 'system', reason } as const;
}

async function readDue({ store, clock }: LedgerContext, stuckIds: string[]): Promise<Due[]> {
  const _id = { $nin: stuckIds };
  return store.orders
    .aggregate<Due>([
      { $match: { status: 'pending', reservedUntil: { $lte: clock.now() }, _id } },
      { $sort: { reservedUntil: 1 } },
      { $limit: PAGE_MAX },
      { $project: { lineCount: { $size: '$lines' } } },
    ])
    .toArray();
}

/**
 * Splits a page so that no transaction touches too many lines; a large order is alone in its batch.
 */
function splitIntoBatches(due: readonly Due[]): Due[][] {
  const batches: Due[][] = [];
  let room = 0;
  for (const order of due) {
    room -= order.lineCount;
    const current = batches.at(-1);
    if (current !== undefined && room >= 0) {
      current.push(order);
      continue;
    }
    batches.push([order]);
    room = BATCH_LINES_MAX - order.lineCount;
  }
  return batches;
}

/**
 * Orders that a sweep could not expire for a reason of their own. Later sweeps skip them for a
 * while, so that they do not hold up the orders behind them.
 */
export class RetryLater {
  /** By order, when it may be retried, in ms since 1970; the earliest come first. */
  readonly #retryAt = new Map<string, number>();

  /** Returns the orders that a sweep which starts at `now` skips. */
  skipped(now: Date): string[] {
    const all = Array.from(this.#retryAt);
    const due = all.slice(0, RETRIES_MAX).filter(([, at]) => at <= now.getTime());
    return all.slice(due.length).map(([orderId]) => orderId);
  }

  /** Notes that the order could not be expired. */
  add(orderId: string, now: Date): void {
    this.#retryAt.delete(orderId);
    if (this.#retryAt.size < REMEMBERED_MAX) {
      this.#retryAt.set(orderId, now.getTime() + RETRY_EVERY_MS);
    }
  }

  /** Forgets an order that has expired. */
  remove(orderId: string): void {
    this.#retryAt.delete(orderId);
  }
}
