import type { StoredUses } from '../../domain/judging/discount-account.ts';
import type { PromisedCheckout, RecordedOrder } from '../../domain/judging/order-differences.ts';
import type { StoredLevel } from '../../domain/judging/variant-record.ts';
import type { JudgedWindow } from '../../domain/judging/verdict.ts';
import { lowestIdAt } from '../../runtime/ids.ts';
import type { CheckoutRecord } from '../../store/collections/checkouts.ts';
import type { MovementRecord } from '../../store/collections/movements.ts';
import type { OrderRecord } from '../../store/collections/orders.ts';
import type { Session, Store } from '../../store/store.ts';

/** Documents fetched at a time: few enough that parsing them does not block the process. */
const PAGE_DOCUMENTS = 2_000;

/** An order, as far as judging needs it. */
export type JudgedOrder = Omit<RecordedOrder, 'lines' | 'discounts'> &
  Pick<OrderRecord, 'checkoutId' | 'status' | 'discounts'> & {
    readonly lines: readonly (RecordedOrder['lines'][number] &
      Pick<OrderRecord['lines'][number], 'version'>)[];
  };

/** A checkout, as far as judging needs it. */
export type JudgedCheckout = Omit<PromisedCheckout, 'lines'> &
  Pick<CheckoutRecord, '_id' | 'status' | 'receivedAt' | 'acceptedAt' | 'rejection'> & {
    readonly lines: readonly (PromisedCheckout['lines'][number] &
      Pick<CheckoutRecord['lines'][number], 'productId'>)[];
  };

/** Opens a stream of each collection at the session's snapshot; orders and checkouts by id. */
export function recordCursors(store: Store, session: Session, window: JudgedWindow) {
  const batchSize = PAGE_DOCUMENTS;
  return {
    stock: store.stock.find<StoredLevel & { readonly _id: string }>(
      {},
      { session, batchSize, projection: { onHand: 1, reserved: 1, sold: 1, version: 1 } },
    ),
    discounts: store.discounts.find<StoredUses & { readonly _id: string }>(
      {},
      { session, batchSize, projection: DISCOUNT_FIELDS },
    ),
    movements: store.movements.find<
      Pick<MovementRecord, 'variantId' | 'version' | 'kind' | 'delta' | 'at'>
    >({}, { session, batchSize, projection: MOVEMENT_FIELDS }),
    orders: store.orders.find<JudgedOrder>(
      {},
      { session, batchSize, sort: { _id: 1 }, projection: ORDER_FIELDS },
    ),
    checkouts: store.checkouts.find<JudgedCheckout>(windowFilter(window), {
      session,
      batchSize,
      sort: { _id: 1 },
      projection: CHECKOUT_FIELDS,
    }),
  };
}

const DISCOUNT_FIELDS = { uses: 1, version: 1, revision: 1, usageLimit: 1, usageLimitPerBuyer: 1 };

const MOVEMENT_FIELDS = { _id: 0, variantId: 1, version: 1, kind: 1, delta: 1, at: 1 };

// The server picks the last status, so that whole histories are not transferred.
const ORDER_FIELDS = {
  checkoutId: 1,
  shopId: 1,
  buyerId: 1,
  status: 1,
  'lines.variantId': 1,
  'lines.shopId': 1,
  'lines.quantity': 1,
  'lines.unitPrice': 1,
  'lines.discount': 1,
  'lines.version': 1,
  subtotal: 1,
  discount: 1,
  total: 1,
  currency: 1,
  discounts: 1,
  buyerKey: 1,
  lastStatus: { $last: '$history.status' },
};

const CHECKOUT_FIELDS = {
  buyerId: 1,
  status: 1,
  receivedAt: 1,
  acceptedAt: 1,
  rejection: 1,
  'lines.variantId': 1,
  'lines.productId': 1,
  'lines.shopId': 1,
  'lines.quantity': 1,
  'lines.unitPrice': 1,
  'lines.discount': 1,
  currency: 1,
  discounts: 1,
  buyerKey: 1,
};

/** Returns a test of whether a checkout was received in the window; its id contains the time. */
export function windowTest(window: JudgedWindow): (checkoutId: string) => boolean {
  const { $gte, $lt } = idRange(window);
  return (id) => ($gte === undefined || id >= $gte) && ($lt === undefined || id < $lt);
}

/** Returns the filter of the window's checkouts, which matches all if the window is open. */
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
