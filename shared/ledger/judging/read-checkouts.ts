import { CheckoutTally } from '../../domain/judging/checkout-tally.ts';
import {
  findPromiseDifferences,
  findReductionDifferences,
  findStatusDifferences,
  type OrderDifference,
  type PromisedCheckout,
  type RecordedOrder,
} from '../../domain/judging/order-differences.ts';
import type { JudgedWindow } from '../../domain/judging/verdict.ts';
import { isBehindOthers } from '../../domain/lapsed-holds.ts';
import { toOrderId } from '../../runtime/ids.ts';
import { atSnapshot } from '../../store/snapshot.ts';
import type { Session, Store } from '../../store/store.ts';
import { checkoutRanges, type IdRange, RANGE_SIZES, type RangeSizes } from './ranges.ts';
import {
  checkoutCursors,
  type JudgedCheckout,
  type JudgedOrder,
  windowTest,
} from './record-cursors.ts';

/** An order that contradicts its checkout or itself, with the contradictions. */
export interface SuspectOrder {
  readonly orderId: string;
  /** The ids of the variants and discounts in the order and in its checkout. */
  readonly named: ReadonlySet<string>;
  readonly differences: readonly OrderDifference[];
}

/** A range of checkouts, matched with their orders. */
interface MatchedCheckouts {
  readonly tally: CheckoutTally;
  /** Units in the orders of the window's checkouts. */
  readonly unitsPlaced: number;
  readonly suspects: readonly SuspectOrder[];
  /** Checkouts that were refused because their buyers let holds lapse. */
  readonly lapseRefusals: readonly string[];
}

/**
 * Matches the window's checkouts with their orders and yields the result of each range. A range is
 * read at its own snapshot, because no rule compares two checkouts. An order's id begins with the
 * id of its checkout, so both are in the same range.
 */
export async function* matchCheckouts(
  store: Store,
  window: JudgedWindow = {},
  sizes: RangeSizes = RANGE_SIZES,
): AsyncGenerator<MatchedCheckouts> {
  for (const range of await checkoutRanges(store, sizes.checkouts)) {
    yield await atSnapshot(store, (session) => matchRange(store, session, range, window));
  }
}

/** Matches orders and checkouts in one pass, because both are sorted by id. */
async function matchRange(
  store: Store,
  session: Session,
  range: IdRange,
  window: JudgedWindow,
): Promise<MatchedCheckouts> {
  const inWindow = windowTest(window);
  const cursors = checkoutCursors(store, session, range, window);
  const matching = new Matching();
  const checkouts = cursors.checkouts[Symbol.asyncIterator]();
  let next = await checkouts.next();
  for await (const order of cursors.orders) {
    if (!inWindow(order.checkoutId)) {
      matching.compare(order);
      continue;
    }
    if (order._id === toOrderId(order.checkoutId, order.shopId)) {
      for (; !next.done && next.value._id <= order.checkoutId; next = await checkouts.next()) {
        matching.begin(next.value);
      }
    }
    matching.addOrder(order);
  }
  for (; !next.done; next = await checkouts.next()) matching.begin(next.value);
  matching.end();
  return matching;
}

/** Matches each checkout with the orders that are added after it. */
export class Matching implements MatchedCheckouts {
  readonly tally = new CheckoutTally();
  readonly suspects: SuspectOrder[] = [];
  readonly lapseRefusals: string[] = [];
  unitsPlaced = 0;
  #checkout: JudgedCheckout | undefined;
  #orderShopIds: string[] = [];

  /** Begins with the next checkout, after the previous checkout has got all of its orders. */
  begin(checkout: JudgedCheckout): void {
    this.end();
    this.#checkout = checkout;
    this.#orderShopIds = [];
  }

  /**
   * Adds an order. It counts as surplus if its id does not match its checkout and shop, or if it
   * does not belong to the current checkout.
   */
  addOrder(order: JudgedOrder): void {
    for (const line of order.lines) this.unitsPlaced += line.quantity;
    const { checkoutId, shopId } = order;
    const checkout = this.#checkout;
    if (checkout?._id !== checkoutId || order._id !== toOrderId(checkoutId, shopId)) {
      this.tally.addSurplusOrder(checkoutId);
      this.compare(order);
      return;
    }
    this.#orderShopIds.push(shopId);
    this.compare(order, checkout);
  }

  /**
   * Adds the order to the suspects if it contradicts itself or its checkout.
   * @param checkout the order's checkout, if it was read
   */
  compare(order: JudgedOrder, checkout?: PromisedCheckout): void {
    const differences = [
      ...findStatusDifferences(order),
      ...findReductionDifferences(order),
      ...(checkout === undefined ? [] : findPromiseDifferences(order, checkout)),
    ];
    if (differences.length === 0) return;
    const named = new Set([order, ...(checkout ? [checkout] : [])].flatMap(listNamed));
    this.suspects.push({ orderId: order._id, named, differences });
  }

  /** Counts the current checkout with the orders that were added. Must follow the last order. */
  end(): void {
    if (this.#checkout === undefined) return;
    const { _id: id, status, rejection, lines } = this.#checkout;
    const shopIds = [...new Set(lines.map((line) => line.shopId))];
    const orderShopIds = this.#orderShopIds;
    this.tally.add({ id, status, rejectionCode: rejection?.code, shopIds, orderShopIds });
    if (status === 'rejected' && isBehindOthers(rejection)) this.lapseRefusals.push(id);
  }
}

function listNamed({ lines, discounts = [] }: Pick<RecordedOrder, 'lines' | 'discounts'>) {
  return [
    ...lines.map(({ variantId }) => variantId),
    ...discounts.map(({ discountId }) => discountId),
  ];
}
