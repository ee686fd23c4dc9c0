import { BUYER_ACTOR_PREFIX, PERSONAL_FIELDS } from '../domain/contact.ts';
import type { OrderStatus } from '../domain/vocabulary.ts';
import { orderIdRange } from '../runtime/ids.ts';
import type { OrderRecord } from '../store/collections/orders.ts';
import type { Store } from '../store/store.ts';

/** Orders that were sent, or that no longer need to be sent. */
export const ENDED_ORDERS: readonly OrderStatus[] = [
  'shipped',
  'delivered',
  'cancelled',
  'expired',
  'returned',
  'lost',
];
/** Orders that may still be sent, so that they keep their personal data. */
export const OPEN_ORDERS: readonly OrderStatus[] = ['pending', 'confirmed'];

/** A buyer of a shop's storefront. */
export interface ErasedBuyer {
  readonly storefrontId: string;
  readonly buyerId: string;
}

/**
 * Returns a filter for the buyer's orders with something to erase. It uses the index of a buyer's
 * orders.
 */
export function personalOrders(
  { storefrontId, buyerId }: ErasedBuyer,
  statuses: readonly OrderStatus[],
) {
  const reasonOfBuyer = { $elemMatch: { actor: toBuyerActor(buyerId), reason: { $exists: true } } };
  return {
    buyerId,
    storefrontId,
    status: { $in: [...statuses] },
    $or: [
      ...PERSONAL_FIELDS.map((name) => ({ [name]: { $exists: true } })),
      { history: reasonOfBuyer },
      { reductions: reasonOfBuyer },
    ],
  };
}

/** Returns how a buyer is named in the history of its orders. */
export function toBuyerActor(buyerId: string): string {
  return `${BUYER_ACTOR_PREFIX}${buyerId}`;
}

/**
 * Returns those of the buyer's checkouts whose payloads can be erased. A checkout with an open order
 * that keeps its data is left out, because its seller may still wait for the address.
 */
export async function withoutOpenOrders(
  { orders }: Store,
  buyer: ErasedBuyer,
  checkoutIds: readonly string[],
): Promise<string[]> {
  if (checkoutIds.length === 0) return [];
  const open = await orders
    .find<Pick<OrderRecord, 'checkoutId'>>(
      {
        $and: [
          personalOrders(buyer, OPEN_ORDERS),
          // By the primary index, because a name can have very many orders.
          { $or: checkoutIds.map((id) => ({ _id: orderIdRange(id), checkoutId: id })) },
        ],
      },
      { projection: { checkoutId: 1 }, hint: { _id: 1 } },
    )
    .toArray();
  const kept = new Set(open.map(({ checkoutId }) => checkoutId));
  return checkoutIds.filter((id) => !kept.has(id));
}
