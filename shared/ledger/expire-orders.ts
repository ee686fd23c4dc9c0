import { isRetryable } from '../store/transaction.ts';
import { splitOnError } from './commit.ts';
import { BATCH_LINES_MAX, type LedgerContext } from './ledger.ts';
import type { Attempt, DueOrder } from './moving/lapsed-orders.ts';
import { moveOnce } from './moving/move-once.ts';

/**
 * The maximum number of products in one transaction. A worker that is killed during the transaction
 * keeps their locks for seconds.
 */
const BATCH_PRODUCTS_MAX = 8;

/** The result of `expireOrders`. */
export interface ExpiredOrders {
  /** The number of expired orders. */
  readonly count: number;
  /** Orders that could not be expired, with the error of each. */
  readonly stuck: ReadonlyMap<string, unknown>;
}

/**
 * Expires lapsed orders, which returns their units. An order that has moved meanwhile is not
 * expired, because the transaction decides at its own snapshot.
 * @throws the first retryable error; the further batches are then not tried
 */
export async function expireOrders(
  context: LedgerContext,
  due: readonly DueOrder[],
): Promise<ExpiredOrders> {
  let count = 0;
  const stuck = new Map<string, unknown>();
  for (const batch of splitIntoBatches(due)) {
    const results = await splitOnError(batch, (orders) => expireBatch(context, orders));
    for (const [index, result] of results.entries()) {
      if ('value' in result) count += result.value ? 1 : 0;
      else if (isRetryable(result.error)) throw result.error;
      else stuck.set(batch[index]?._id ?? '', result.error);
    }
  }
  return { count, stuck };
}

/** Expires orders in one transaction. Returns for each order whether it was expired. */
async function expireBatch(
  context: LedgerContext,
  orders: readonly DueOrder[],
): Promise<readonly boolean[]> {
  const attempt = await moveOnce(context, orders.map(toCommand), true);
  return 'done' in attempt ? attempt.done.map(({ kind }) => kind === 'moved') : [];
}

function toCommand({ _id }: DueOrder) {
  const reason = 'not confirmed in time';
  return { orderId: _id, move: 'expire', actor: 'system', reason } as const;
}

/**
 * Splits orders so that no transaction has too many lines or products; an order that exceeds a
 * bound by itself is alone in its batch. Orders of the same product are in adjacent batches.
 */
function splitIntoBatches(due: readonly DueOrder[]): DueOrder[][] {
  const byProduct = Map.groupBy(due, ({ productIds: [first] }) => first);
  const batches: DueOrder[][] = [];
  let lineCount = 0;
  let productIds = new Set<string>();
  for (const order of [...byProduct.values()].flat()) {
    const current = batches.at(-1);
    lineCount += order.lineCount;
    const together = new Set([...productIds, ...order.productIds]);
    const fits = lineCount <= BATCH_LINES_MAX && together.size <= BATCH_PRODUCTS_MAX;
    if (current !== undefined && fits) {
      current.push(order);
      productIds = together;
      continue;
    }
    batches.push([order]);
    lineCount = order.lineCount;
    productIds = new Set(order.productIds);
  }
  return batches;
}

/** The maximum number of rounds of expiry for one verb; each expires up to 256 orders. */
const ROUNDS_MAX = 40;

/**
 * Runs a verb that claims units or discount uses. If lapsed orders hold what the verb lacks,
 * expires these orders and runs the verb again, so that no claim is refused because the sweep has
 * not run yet.
 * @param attempt runs the verb. Unless `isFinal`, it may change nothing and return the lapsed
 *   orders that hold what the verb lacks.
 */
export async function withoutLapsed<Result>(
  context: LedgerContext,
  attempt: (isFinal: boolean) => Promise<Attempt<Result>>,
): Promise<Result> {
  let isFinal = false;
  for (let round = 1; round <= ROUNDS_MAX + 1; round += 1) {
    const outcome = await attempt(isFinal);
    if ('done' in outcome) return outcome.done;
    const { stuck } = await expireOrders(context, outcome.lapsed);
    // If none of the orders could be expired, each further attempt would find the same orders, so
    // the next one is final. Otherwise it is not, because more orders may have lapsed meanwhile.
    isFinal = round === ROUNDS_MAX || outcome.lapsed.every(({ _id }) => stuck.has(_id));
  }
  throw new RangeError('a final attempt returned lapsed orders');
}
