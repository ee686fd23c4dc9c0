import type { StoredUses } from '../../domain/judging/discount-account.ts';
import type { StoredLevel } from '../../domain/judging/variant-record.ts';
import type { JudgedWindow } from '../../domain/judging/verdict.ts';
import type { CheckoutRecord } from '../../store/collections/checkouts.ts';
import type { MovementRecord } from '../../store/collections/movements.ts';
import type { OrderRecord } from '../../store/collections/orders.ts';
import type { Session, Store } from '../../store/store.ts';
import { windowFilter } from './window-ids.ts';

/** Documents fetched at a time: few enough that parsing them keeps nobody else waiting. */
const PAGE_DOCUMENTS = 2_000;

/** A stock level, as far as judging needs it. */
type JudgedStock = StoredLevel & { readonly _id: string };

/** A movement, as far as judging needs it. */
type JudgedMovement = Pick<MovementRecord, 'variantId' | 'version' | 'delta' | 'at'>;

/** An order, as far as judging needs it. */
export type JudgedOrder = Pick<OrderRecord, '_id' | 'checkoutId' | 'shopId' | 'status'> & {
  readonly lines: readonly Pick<
    OrderRecord['lines'][number],
    'variantId' | 'quantity' | 'version'
  >[];
  readonly discounts?: OrderRecord['discounts'];
};

/** A discount, as far as judging needs it. */
type JudgedDiscount = StoredUses & { readonly _id: string };

/** A checkout, as far as judging needs it. */
export type JudgedCheckout = Pick<
  CheckoutRecord,
  '_id' | 'status' | 'receivedAt' | 'acceptedAt' | 'rejection'
> & {
  readonly lines: readonly Pick<
    CheckoutRecord['lines'][number],
    'variantId' | 'productId' | 'shopId' | 'quantity'
  >[];
};

/** Streams of everything on record at the session's snapshot, orders and checkouts by id. */
export function recordCursors(store: Store, session: Session, window: JudgedWindow) {
  const batchSize = PAGE_DOCUMENTS;
  return {
    stock: store.stock.collection.find<JudgedStock>(
      {},
      { session, batchSize, projection: { onHand: 1, reserved: 1, sold: 1, version: 1 } },
    ),
    discounts: store.discounts.collection.find<JudgedDiscount>(
      {},
      { session, batchSize, projection: { uses: 1, version: 1, usageLimit: 1 } },
    ),
    movements: store.movements.collection.find<JudgedMovement>(
      {},
      { session, batchSize, projection: { _id: 0, variantId: 1, version: 1, delta: 1, at: 1 } },
    ),
    orders: store.orders.collection.find<JudgedOrder>(
      {},
      { session, batchSize, sort: { _id: 1 }, projection: ORDER_FIELDS },
    ),
    checkouts: store.checkouts.collection.find<JudgedCheckout>(windowFilter(window), {
      session,
      batchSize,
      sort: { _id: 1 },
      projection: CHECKOUT_FIELDS,
    }),
  };
}

const ORDER_FIELDS = {
  checkoutId: 1,
  shopId: 1,
  status: 1,
  'lines.variantId': 1,
  'lines.quantity': 1,
  'lines.version': 1,
  discounts: 1,
};

const CHECKOUT_FIELDS = {
  status: 1,
  receivedAt: 1,
  acceptedAt: 1,
  rejection: 1,
  'lines.variantId': 1,
  'lines.productId': 1,
  'lines.shopId': 1,
  'lines.quantity': 1,
};
