import { splitOnError } from '../../shared/ledger/commit.ts';
import { BATCH_LINES_MAX, type LedgerContext } from '../../shared/ledger/ledger.ts';
import { moveOrders } from '../../shared/ledger/move-orders.ts';
import { errorMessage } from '../../shared/runtime/error-message.ts';

import { isRetryable } from '../../shared/store/transaction.ts';
import { RetryLater } from './retry-later.ts';

export const EXPIRE_EVERY_MS = 1_000;
const PAGE_MAX = 256;
const PAGES_MAX = 40;

type Due = { readonly _id: string; readonly lineCount: number };

/**
 * Expires every pending order whose reservation is over and so returns its units. Orders that
 * somebody else moves meanwhile are left as they are: the ledger decides again at its snapshot.
 * @param aside remembers, from sweep to sweep, those that cannot be expired
 * @returns how many orders were expired
 * @throws a passing fault at once; what is wrong with single orders, once all others are done
 */
export async function expireReservations(
  ledger: LedgerContext,
  signal: AbortSignal,
  aside: RetryLater = new RetryLater(),
): Promise<number> {
  let expired = 0;
  const stuck = new Map<string, unknown>();
  const passedOver = aside.passedOver(ledger.clock.now());
  for (let page = 0; page < PAGES_MAX && !signal.aborted; page += 1) {
    const due = await readDue(ledger, [...passedOver, ...stuck.keys()]);
    for (const batch of splitIntoBatches(due)) {
      expired += await expireBatch(ledger, batch, stuck);
      for (const { _id } of batch) {
        if (stuck.has(_id)) aside.add(_id, ledger.clock.now());
        else aside.remove(_id);
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

/** Answers how many were expired; those that cannot be are added to `stuck`. */
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

/** Cuts the page so that no transaction touches too many lines; a large order goes alone. */
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
