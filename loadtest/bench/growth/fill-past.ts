import type { PricedLine } from '../../../shared/domain/vocabulary.ts';
import { lowestIdAt, toOrderId } from '../../../shared/runtime/ids.ts';
import type { Store } from '../../../shared/store/store.ts';

/** The past to store. */
interface Past {
  readonly orders: number;
  readonly products: number;
}

/** Products or orders of one chunk. */
const CHUNK = 1_000;
/** Chunks that are stored at the same time. */
const CONCURRENCY = 4;
const PRICE = 1_900;
/** One in this many orders was cancelled; the others were delivered. */
const CANCELLED_EVERY = 10;
/** A refused checkout came with one in this many orders: a prime, so that every SKU has some. */
const REFUSED_EVERY = 19;
/** About the age of the latest past order, and the time between two past orders. */
const LATEST_AGO_MS = 3_600_000;
const APART_MS = 20;
/** The number of past orders per buyer. */
const ORDERS_PER_BUYER = 20;
/** Digits at the end of an id that hold the index of its document. */
const DIGITS = 12;
const MADE_BY = 'key_00000000000000000000000000';
const HISTORY = ['pending', 'confirmed', 'shipped', 'delivered'] as const;

/** The variant of a past order, the version of its line, and its final status. */
interface PastOrder {
  readonly index: number;
  readonly at: Date;
  readonly variantIndex: number;
  readonly version: number;
  readonly isCancelled: boolean;
}

/**
 * Stores products and past orders, with checkouts and movements, and refused checkouts, in the form
 * in which the ledger stores them. Writes them directly, because settling ten million checkouts
 * would take an hour.
 */
export async function fillPast(store: Store, shopId: string, past: Past): Promise<void> {
  const now = Date.now();
  const toOrder = (index: number): PastOrder => ({
    index,
    at: new Date(now - LATEST_AGO_MS - (past.orders - index) * APART_MS),
    variantIndex: index % past.products,
    // The delivery is version 1 of the variant's stock, and each earlier order added two versions.
    version: 2 + 2 * Math.floor(index / past.products),
    isCancelled: index % CANCELLED_EVERY === 0,
  });
  await inChunks(past.products, async (first, count) => {
    const indexes = Array.from({ length: count }, (_, offset) => first + offset);
    await insert(
      store,
      'products',
      indexes.map((index) => toProduct(index, shopId)),
    );
    await insert(
      store,
      'stock',
      indexes.map((index) => toStock(index, shopId, past)),
    );
    await insert(
      store,
      'movements',
      indexes.map((index) => toDelivery(index, shopId, past)),
    );
  });
  await inChunks(past.orders, async (first, count) => {
    const orders = Array.from({ length: count }, (_, offset) => toOrder(first + offset));
    const refused = orders.filter(({ index }) => index % REFUSED_EVERY === 0);
    await insert(store, 'checkouts', [
      ...orders.map((order) => toCheckout(order, shopId)),
      ...refused.map((order) => toRefusedCheckout(order, shopId, past)),
    ]);
    await insert(
      store,
      'orders',
      orders.map((order) => toOrderRecord(order, shopId)),
    );
    await insert(
      store,
      'movements',
      orders.map((order) => toMovement(order, shopId)),
    );
  });
}

async function inChunks(
  total: number,
  storeChunk: (first: number, count: number) => Promise<void>,
): Promise<void> {
  let next = 0;
  const storing = async () => {
    while (next < total) {
      const first = next;
      next += CHUNK;
      await storeChunk(first, Math.min(CHUNK, total - first));
    }
  };
  await Promise.all(Array.from({ length: CONCURRENCY }, storing));
}

async function insert({ connection }: Store, name: string, documents: object[]): Promise<void> {
  const options = { ordered: false, writeConcern: { w: 1, j: false } } as const;
  await connection.collection(name).insertMany(documents, options);
}

function toId(prefix: 'var' | 'prd' | 'chk' | 'mov', at: Date, index: number): string {
  return `${lowestIdAt(prefix, at).slice(0, -DIGITS)}${String(index).padStart(DIGITS, '0')}`;
}

const OPENED_AT = new Date('2020-01-01T00:00:00Z');

function toLine(index: number, shopId: string): PricedLine {
  return {
    variantId: toId('var', OPENED_AT, index),
    productId: toId('prd', OPENED_AT, index),
    shopId,
    sku: `PAST-${index}`,
    title: `Thing of the past ${index}`,
    quantity: 1,
    unitPrice: PRICE,
  };
}

function toProduct(index: number, shopId: string) {
  const { productId: _id, variantId: id, sku, title, unitPrice: price } = toLine(index, shopId);
  return {
    ...{ _id, shopId, title, type: 'clothing', attributes: {}, status: 'published' },
    variants: [{ id, sku, price, currency: 'GBP' }],
    createdAt: OPENED_AT,
    updatedAt: OPENED_AT,
  };
}

/** Returns how many past orders of a variant were placed, and how many of them were not cancelled. */
function countOrders(index: number, { orders, products }: Past) {
  const placed = Math.max(0, Math.ceil((orders - index) / products));
  let cancelled = 0;
  for (let order = index; order < orders; order += products) {
    if (order % CANCELLED_EVERY === 0) cancelled += 1;
  }
  return { placed, sold: placed - cancelled };
}

function toStock(index: number, shopId: string, past: Past) {
  const { placed, sold } = countOrders(index, past);
  const { variantId: _id, productId } = toLine(index, shopId);
  const level = { onHand: placed - sold, reserved: 0, sold, version: 1 + 2 * placed };
  return { _id, productId, shopId, ...level };
}

function toDelivery(index: number, shopId: string, past: Past) {
  const { variantId } = toLine(index, shopId);
  const delta = { onHand: countOrders(index, past).placed, reserved: 0, sold: 0 };
  const why = { kind: 'adjust', reason: 'delivery', actor: 'bench', at: OPENED_AT };
  return { _id: toId('mov', OPENED_AT, index), variantId, shopId, version: 1, delta, ...why };
}

function toCheckout({ index, at, variantIndex }: PastOrder, shopId: string) {
  return {
    ...idsOfCheckout(toId('chk', at, index)),
    ...{ storefrontId: shopId, madeBy: MADE_BY, buyerId: toBuyer(index) },
    ...{ status: 'placed', lines: [toLine(variantIndex, shopId)], currency: 'GBP', total: PRICE },
    ...{ receivedAt: at, acceptedAt: at, wakeups: 0, pickedUpAt: at, settledAt: at },
  };
}

function idsOfCheckout(_id: string) {
  const idempotencyKey = `${MADE_BY}:${_id}`;
  return { _id, idempotencyKey, requestHash: _id.padEnd(64, '0'), jobId: `${_id}.0` };
}

/** A checkout for more units than its variant ever had, which came together with an order. */
function toRefusedCheckout(order: PastOrder, shopId: string, past: Past) {
  const { index, at, variantIndex } = order;
  const { placed: available } = countOrders(variantIndex, past);
  const line = { ...toLine(variantIndex, shopId), quantity: available + 1 };
  const { variantId, quantity: requested } = line;
  return {
    ...toCheckout(order, shopId),
    ...idsOfCheckout(toId('chk', at, past.orders + index)),
    ...{ status: 'rejected', lines: [line], total: PRICE * requested },
    rejection: { code: 'out_of_stock', variantId, version: 1, requested, available },
  };
}

function toOrderRecord(
  { index, at, variantIndex, version, isCancelled }: PastOrder,
  shopId: string,
) {
  const checkoutId = toId('chk', at, index);
  const statuses = isCancelled ? (['pending', 'cancelled'] as const) : HISTORY;
  return {
    _id: toOrderId(checkoutId, shopId),
    ...{ checkoutId, shopId, storefrontId: shopId, buyerId: toBuyer(index) },
    ...{ status: statuses.at(-1), seq: statuses.length },
    lines: [{ ...toLine(variantIndex, shopId), version }],
    ...{ subtotal: PRICE, discount: 0, total: PRICE, currency: 'GBP' },
    ...(!isCancelled && {
      paymentReference: toPaymentReference(index),
      trackingReference: toCarrierReference(index),
    }),
    ...{ placedAt: at, reservedUntil: new Date(at.getTime() + 900_000) },
    history: statuses.map((status) => ({ at, status, actor: 'bench' })),
  };
}

function toMovement({ index, at, variantIndex, version, isCancelled }: PastOrder, shopId: string) {
  const reference = toOrderId(toId('chk', at, index), shopId);
  const delta = isCancelled
    ? { onHand: 0, reserved: -1, sold: 0 }
    : { onHand: -1, reserved: -1, sold: 1 };
  const kind = isCancelled ? 'cancel' : 'confirm';
  const { variantId } = toLine(variantIndex, shopId);
  const why = { kind, reason: kind, reference, actor: 'bench', at };
  return { _id: toId('mov', at, index), variantId, shopId, version: version + 1, delta, ...why };
}

/** Returns the payment reference of a past order that was not cancelled. */
export function toPaymentReference(index: number): string {
  return `PAST-PAYMENT-${index}`;
}

/** Returns the carrier's reference of a past order that was not cancelled. */
export function toCarrierReference(index: number): string {
  return `PAST-PARCEL-${index}`;
}

function toBuyer(index: number): string {
  return `buyer-${Math.floor(index / ORDERS_PER_BUYER)}`;
}
