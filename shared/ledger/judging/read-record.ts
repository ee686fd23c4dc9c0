import { CheckoutTally } from '../../domain/judging/checkout-tally.ts';
import { changeKindOf } from '../../domain/judging/recorded-change.ts';
import type { JudgedWindow } from '../../domain/judging/verdict.ts';
import { orderIdOf } from '../../runtime/ids.ts';
import type { Session, Store } from '../../store/store.ts';
import { DiscountUseIndex } from './discount-use-index.ts';
import { OrderIndex } from './order-index.ts';
import { type JudgedCheckout, type JudgedOrder, recordCursors } from './record-cursors.ts';
import { RecordIndex } from './record-index.ts';
import { windowTest } from './window-ids.ts';

/** The whole record at one snapshot, ready to be judged. */
interface ReadRecord {
  readonly book: RecordIndex;
  readonly uses: DiscountUseIndex;
  readonly orders: OrderIndex;
  readonly checkouts: CheckoutTally;
  /** Units in the orders of the window's checkouts. */
  readonly unitsPlaced: number;
  readonly at: Date;
}

/**
 * Reads the record in five streams. Orders and checkouts come in the order of their ids, an
 * order's being made of its checkout's, and are matched in passing; nothing is looked up. The
 * history of stock is read whole, whatever the window.
 */
export async function readRecord(
  store: Store,
  session: Session,
  window: JudgedWindow,
): Promise<ReadRecord> {
  const inWindow = windowTest(window);
  const cursors = recordCursors(store, session, window);
  const book = new RecordIndex();
  const uses = new DiscountUseIndex();
  const orders = new OrderIndex();
  const at = new Date();
  for await (const { _id, ...level } of cursors.stock) book.addStored(_id, level);
  for await (const { variantId, version, kind, delta, at: madeAt } of cursors.movements) {
    const made = { kind: changeKindOf(kind), version, inWindow: isWithin(window, madeAt) };
    book.addChange(variantId, { ...made, ...delta });
  }
  for await (const { _id, ...stored } of cursors.discounts) uses.addStored(_id, stored);
  const matching = new Matching(book, orders);
  const checkouts = cursors.checkouts[Symbol.asyncIterator]();
  let next = await checkouts.next();
  for await (const order of cursors.orders) {
    uses.addOrder(order);
    if (!inWindow(order.checkoutId)) {
      orders.add(order);
      addLines(book, order, { inWindow: false });
      continue;
    }
    if (order._id === orderIdOf(order.checkoutId, order.shopId)) {
      for (; !next.done && next.value._id <= order.checkoutId; next = await checkouts.next()) {
        matching.begin(next.value);
      }
    }
    matching.addOrder(order);
  }
  for (; !next.done; next = await checkouts.next()) matching.begin(next.value);
  matching.end();
  const { tally, unitsPlaced } = matching;
  return { book, uses, orders, checkouts: tally, unitsPlaced, at };
}

/** Brings each checkout together with its orders, which follow it. */
class Matching {
  readonly tally = new CheckoutTally();
  unitsPlaced = 0;
  readonly #book: RecordIndex;
  readonly #orders: OrderIndex;
  #checkout: JudgedCheckout | undefined;
  #orderShopIds: string[] = [];

  constructor(book: RecordIndex, orders: OrderIndex) {
    this.#book = book;
    this.#orders = orders;
  }

  begin(checkout: JudgedCheckout): void {
    this.end();
    this.#checkout = checkout;
    this.#orderShopIds = [];
    addRefusal(this.#book, checkout);
  }

  /** An order under another id than its own, or without a checkout, is one too many. */
  addOrder(order: JudgedOrder): void {
    for (const line of order.lines) this.unitsPlaced += line.quantity;
    const { checkoutId, shopId } = order;
    const checkout = this.#checkout;
    if (checkout?._id !== checkoutId || order._id !== orderIdOf(checkoutId, shopId)) {
      this.tally.addSurplusOrder(checkoutId);
      this.#orders.add(order);
      addLines(this.#book, order, { inWindow: true });
      return;
    }
    this.#orderShopIds.push(shopId);
    this.#orders.add(order, checkout);
    const receivedAtMs = checkout.receivedAt.getTime();
    const placement = { inWindow: true, ...(isSingleProduct(checkout) && { receivedAtMs }) };
    addLines(this.#book, order, placement);
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

function addLines(
  book: RecordIndex,
  order: JudgedOrder,
  placement: { readonly inWindow: boolean; readonly receivedAtMs?: number },
): void {
  for (const { variantId, quantity, version } of order.lines) {
    book.addHeld(variantId, order.status, quantity);
    const delta = { onHand: 0, reserved: quantity, sold: 0 };
    book.addChange(variantId, { kind: 'reserve', version, ...delta, ...placement });
  }
}

/**
 * A refusal is judged by the fewer of the units that it and that the checkout names. One that
 * names a variant the checkout does not want is false, as is one without a version. Fairness needs
 * a version at which the whole checkout would have fitted: only a single line has one.
 */
function addRefusal(book: RecordIndex, { status, rejection, lines, acceptedAt }: JudgedCheckout) {
  const [first] = lines;
  if (status !== 'rejected' || rejection?.code !== 'out_of_stock' || !first) return;
  const line = lines.find((each) => each.variantId === rejection.variantId);
  if (line === undefined) {
    book.addRefusal(first.variantId, { version: Number.NaN, requested: 0 });
    return;
  }
  book.addRefusal(line.variantId, {
    version: rejection.version ?? Number.NaN,
    requested: Math.min(line.quantity, rejection.requested ?? line.quantity),
    ...(lines.length === 1 && { acceptedAtMs: acceptedAt.getTime() }),
  });
}
