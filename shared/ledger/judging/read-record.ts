import { CheckoutTally } from '../../domain/judging/checkout-tally.ts';
import { toChangeKind } from '../../domain/judging/recorded-change.ts';
import type { JudgedWindow } from '../../domain/judging/verdict.ts';
import { toOrderId } from '../../runtime/ids.ts';
import type { Session, Store } from '../../store/store.ts';
import {
  type JudgedCheckout,
  type JudgedOrder,
  recordCursors,
  windowTest,
} from './record-cursors.ts';
import { RecordIndex } from './record-index.ts';

/** The whole record at one snapshot, ready to be judged. */
interface ReadRecord {
  readonly index: RecordIndex;
  readonly checkouts: CheckoutTally;
  /** Units in the orders of the window's checkouts. */
  readonly unitsPlaced: number;
  readonly at: Date;
}

/**
 * Reads the record in five streams. An order's id is made of its checkout's, so orders and
 * checkouts, each sorted by id, are matched as they pass and nothing is looked up. The history of
 * stock is read whole, whatever the window.
 */
export async function readRecord(
  store: Store,
  session: Session,
  window: JudgedWindow,
): Promise<ReadRecord> {
  const inWindow = windowTest(window);
  const cursors = recordCursors(store, session, window);
  const index = new RecordIndex();
  const at = new Date();
  for await (const { _id, ...level } of cursors.stock) index.addStock(_id, level);
  for await (const { variantId, version, kind, delta, at: madeAt } of cursors.movements) {
    const made = { kind: toChangeKind(kind), version, inWindow: isWithin(window, madeAt) };
    index.addChange(variantId, { ...made, ...delta });
  }
  for await (const { _id, ...stored } of cursors.discounts) index.addDiscount(_id, stored);
  const matching = new Matching(index);
  const checkouts = cursors.checkouts[Symbol.asyncIterator]();
  let next = await checkouts.next();
  for await (const order of cursors.orders) {
    if (!inWindow(order.checkoutId)) {
      index.addOrder(order, { inWindow: false });
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
  const { tally, unitsPlaced } = matching;
  return { index, checkouts: tally, unitsPlaced, at };
}

/** Brings each checkout together with its orders, which follow it. */
class Matching {
  readonly tally = new CheckoutTally();
  unitsPlaced = 0;
  readonly #index: RecordIndex;
  #checkout: JudgedCheckout | undefined;
  #orderShopIds: string[] = [];

  constructor(index: RecordIndex) {
    this.#index = index;
  }

  begin(checkout: JudgedCheckout): void {
    this.end();
    this.#checkout = checkout;
    this.#orderShopIds = [];
    addRefusal(this.#index, checkout);
  }

  /** Adds an order; it is surplus if its id is not its own or if it has no checkout. */
  addOrder(order: JudgedOrder): void {
    for (const line of order.lines) this.unitsPlaced += line.quantity;
    const { checkoutId, shopId } = order;
    const checkout = this.#checkout;
    if (checkout?._id !== checkoutId || order._id !== toOrderId(checkoutId, shopId)) {
      this.tally.addSurplusOrder(checkoutId);
      this.#index.addOrder(order, { inWindow: true });
      return;
    }
    this.#orderShopIds.push(shopId);
    const receivedAtMs = checkout.receivedAt.getTime();
    const placement = { inWindow: true, ...(isSingleProduct(checkout) && { receivedAtMs }) };
    this.#index.addOrder(order, placement, checkout);
  }

  end(): void {
    if (this.#checkout === undefined) return;
    const { _id: id, status, rejection, lines } = this.#checkout;
    const shopIds = [...new Set(lines.map((line) => line.shopId))];
    const orderShopIds = this.#orderShopIds;
    this.tally.add({ id, status, rejectionCode: rejection?.code, shopIds, orderShopIds });
  }
}

function isWithin({ from, to }: JudgedWindow, at: Date): boolean {
  return (from === undefined || at >= from) && (to === undefined || at < to);
}

function isSingleProduct({ lines }: JudgedCheckout): boolean {
  return lines.every((line) => line.productId === lines[0]?.productId);
}

/**
 * Adds a refusal for stock. It is judged by the smaller of the units that it and its checkout name.
 * A refusal of a variant that the checkout does not want is false, and so is one without a version.
 * Fairness needs a version at which the whole checkout would have fitted: only a single line has
 * one.
 */
function addRefusal(
  index: RecordIndex,
  { status, rejection, lines, acceptedAt }: JudgedCheckout,
): void {
  const [first] = lines;
  if (status !== 'rejected' || rejection?.code !== 'out_of_stock' || !first) return;
  const line = lines.find((each) => each.variantId === rejection.variantId);
  if (line === undefined) {
    index.addRefusal(first.variantId, { version: Number.NaN, requested: 0 });
    return;
  }
  index.addRefusal(line.variantId, {
    version: rejection.version ?? Number.NaN,
    requested: Math.min(line.quantity, rejection.requested ?? line.quantity),
    ...(lines.length === 1 && { acceptedAtMs: acceptedAt.getTime() }),
  });
}
