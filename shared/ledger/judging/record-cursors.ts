import type { StoredUses } from '../../domain/judging/discount-account.ts';
import type { PromisedCheckout, RecordedOrder } from '../../domain/judging/order-differences.ts';
import type { StoredLevel } from '../../domain/judging/variant-record.ts';
import type { JudgedWindow } from '../../domain/judging/verdict.ts';
import { lowestIdAt, orderIdRange } from '../../runtime/ids.ts';
import type { CheckoutRecord } from '../../store/collections/checkouts.ts';
import type { DrawRecord } from '../../store/collections/draws.ts';
import type { MovementRecord } from '../../store/collections/movements.ts';
import type { OrderRecord } from '../../store/collections/orders.ts';
import type { Session, Store } from '../../store/store.ts';
import { type IdRange, rangeFilter } from './ranges.ts';

/**
 * The number of documents fetched at a time: few enough that parsing them does not block the
 * process.
 */
const PAGE_DOCUMENTS = 2_000;

/** The fields of an order that are compared with its checkout. */
export type JudgedOrder = Omit<RecordedOrder, 'discounts'> &
  Pick<OrderRecord, 'checkoutId' | 'status' | 'discounts'>;

/** The fields of a checkout that are compared with its orders. */
export type JudgedCheckout = PromisedCheckout &
  Pick<CheckoutRecord, '_id' | 'status' | 'rejection'>;

/** The fields of an order that show how it changes and holds stock. */
export type IndexedOrder = Pick<
  OrderRecord,
  '_id' | 'checkoutId' | 'status' | 'isUnlisted' | 'reductions' | 'drawId'
> & {
  readonly lines: readonly Pick<
    OrderRecord['lines'][number],
    'variantId' | 'quantity' | 'version'
  >[];
};

/** The fields of a checkout that show whether it was refused for stock, waited or got its units. */
export type IndexedCheckout = Pick<
  CheckoutRecord,
  '_id' | 'status' | 'rejection' | 'receivedAt' | 'acceptedAt' | 'replays' | 'shortage' | 'drawId'
> & {
  readonly lines: readonly Pick<
    CheckoutRecord['lines'][number],
    'variantId' | 'productId' | 'quantity'
  >[];
};

/** The fields of a draw that concern the units that it holds. */
export type IndexedDraw = Pick<
  DrawRecord,
  '_id' | 'variantId' | 'quantity' | 'held' | 'status' | 'isFinishing'
>;

/** The fields of an order that its uses of discounts depend on. */
export type UsingOrder = Pick<OrderRecord, 'status' | 'buyerKey' | 'discounts'>;

/**
 * Opens a cursor of the orders whose checkouts are in the range, and a cursor of the window's
 * checkouts in the range, both sorted by id.
 */
export function checkoutCursors(
  { orders, checkouts }: Store,
  session: Session,
  { from, before }: IdRange,
  window: JudgedWindow,
) {
  const orderRange = {
    ...(from !== undefined && { from: orderIdRange(from).$gte }),
    ...(before !== undefined && { before: orderIdRange(before).$gte }),
  };
  const sorted = { session, batchSize: PAGE_DOCUMENTS, sort: { _id: 1 as const } };
  const inRange = { $and: [windowFilter(window), rangeFilter('_id', { from, before })] };
  return {
    orders: orders.find<JudgedOrder>(rangeFilter('_id', orderRange), {
      ...sorted,
      projection: ORDER_FIELDS,
    }),
    checkouts: checkouts.find<JudgedCheckout>(inRange, { ...sorted, projection: CHECKOUT_FIELDS }),
  };
}

/**
 * Opens cursors of everything in the record that concerns a range of variants; orders and checkouts
 * are sorted by id. Only the checkouts are limited to the window.
 */
export function variantCursors(
  { stock, movements, orders, checkouts, draws }: Store,
  session: Session,
  range: IdRange,
  window: JudgedWindow,
) {
  const page = { session, batchSize: PAGE_DOCUMENTS };
  const sorted = { ...page, sort: { _id: 1 as const } };
  const ofLines = rangeFilter('lines.variantId', range);
  return {
    stock: stock.find<StoredLevel & { readonly _id: string }>(rangeFilter('_id', range), {
      ...page,
      projection: LEVEL_FIELDS,
    }),
    movements: movements.find<
      Pick<MovementRecord, 'variantId' | 'version' | 'kind' | 'delta' | 'at'>
    >(rangeFilter('variantId', range), { ...page, projection: MOVEMENT_FIELDS }),
    draws: draws.find<IndexedDraw>(
      { $or: HOLDING.map((filter) => ({ ...filter, ...rangeFilter('variantId', range) })) },
      { ...page, projection: DRAW_FIELDS },
    ),
    orders: orders.find<IndexedOrder>(ofLines, { ...sorted, projection: HELD_FIELDS }),
    checkouts: checkouts.find<IndexedCheckout>(
      { $and: [windowFilter(window), ofLines] },
      { ...sorted, projection: SERVED_FIELDS },
    ),
  };
}

/** Opens a cursor of the discounts in a range, and a cursor of the orders that have any of them. */
export function discountCursors({ discounts, orders }: Store, session: Session, range: IdRange) {
  const page = { session, batchSize: PAGE_DOCUMENTS };
  const using = { discounts: { $exists: true }, ...rangeFilter('discounts.discountId', range) };
  return {
    discounts: discounts.find<StoredUses & { readonly _id: string }>(rangeFilter('_id', range), {
      ...page,
      projection: DISCOUNT_FIELDS,
    }),
    orders: orders.find<UsingOrder>(using, { ...page, projection: USE_FIELDS }),
  };
}

/** Filters for draws that hold units or may have to hold units. An index serves each filter. */
const HOLDING = [{ held: { $gt: 0 } }, { isActive: true, closesAt: { $gt: new Date(0) } }] as const;

const DRAW_FIELDS = { variantId: 1, quantity: 1, held: 1, status: 1, isFinishing: 1 };

const LEVEL_FIELDS = { onHand: 1, reserved: 1, sold: 1, version: 1, heldByUnlisted: 1 };

const DISCOUNT_FIELDS = { uses: 1, version: 1, revision: 1, usageLimit: 1, usageLimitPerBuyer: 1 };

const MOVEMENT_FIELDS = { _id: 0, variantId: 1, version: 1, kind: 1, delta: 1, at: 1 };

const HELD_FIELDS = {
  checkoutId: 1,
  status: 1,
  isUnlisted: 1,
  drawId: 1,
  'lines.variantId': 1,
  'lines.quantity': 1,
  'lines.version': 1,
  reductions: 1,
};

export const SERVED_FIELDS = {
  status: 1,
  rejection: 1,
  shortage: 1,
  receivedAt: 1,
  acceptedAt: 1,
  replays: 1,
  drawId: 1,
  'lines.variantId': 1,
  'lines.productId': 1,
  'lines.quantity': 1,
};

const USE_FIELDS = { _id: 0, status: 1, buyerKey: 1, discounts: 1 };

// The server picks the last status, so that whole histories are not transferred.
export const ORDER_FIELDS = {
  checkoutId: 1,
  shopId: 1,
  buyerId: 1,
  status: 1,
  'lines.variantId': 1,
  'lines.shopId': 1,
  'lines.quantity': 1,
  'lines.unitPrice': 1,
  'lines.discount': 1,
  subtotal: 1,
  discount: 1,
  total: 1,
  currency: 1,
  discounts: 1,
  buyerKey: 1,
  'charges.amount': 1,
  reductions: 1,
  lastStatus: { $last: '$history.status' },
};

export const CHECKOUT_FIELDS = {
  buyerId: 1,
  status: 1,
  rejection: 1,
  'lines.variantId': 1,
  'lines.shopId': 1,
  'lines.quantity': 1,
  'lines.unitPrice': 1,
  'lines.discount': 1,
  currency: 1,
  discounts: 1,
  buyerKey: 1,
  'charges.shopId': 1,
  'charges.amount': 1,
};

/** Returns a function that tests whether a checkout was received in the window, by its id. */
export function windowTest(window: JudgedWindow): (checkoutId: string) => boolean {
  const { $gte, $lt } = idRange(window);
  return (id) => ($gte === undefined || id >= $gte) && ($lt === undefined || id < $lt);
}

/**
 * Returns a filter for the window's checkouts; it matches all checkouts if the window has no
 * bounds.
 */
export function windowFilter(window: JudgedWindow): Record<string, unknown> {
  const range = idRange(window);
  return Object.keys(range).length === 0 ? {} : { _id: range };
}

function idRange({ from, to }: JudgedWindow): { $gte?: string; $lt?: string } {
  return {
    ...(from && { $gte: lowestIdAt('chk', from) }),
    ...(to && { $lt: lowestIdAt('chk', to) }),
  };
}
