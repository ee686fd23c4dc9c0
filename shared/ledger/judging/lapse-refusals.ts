import { toBuyerKey } from '../../domain/discounts/terms.ts';
import {
  COMPARABLE_AFTER_MS,
  isFalseLapseRefusal,
  type LapsedOrder,
} from '../../domain/judging/lapse-refusals.ts';
import type { CheckoutRecord } from '../../store/collections/checkouts.ts';
import type { Store } from '../../store/store.ts';

/** The number of refusals that are judged together. */
const IDS_AT_A_TIME = 500;

type RefusedCheckout = Pick<
  CheckoutRecord,
  '_id' | 'storefrontId' | 'buyerId' | 'lines' | 'rejection' | 'settledAt'
>;

type ListedOrder = LapsedOrder & { readonly _id: string };

const REFUSAL_FIELDS = {
  ...{ storefrontId: 1, buyerId: 1, 'lines.productId': 1, rejection: 1, settledAt: 1 },
};
const ORDER_FIELDS = {
  ...{ storefrontId: 1, buyerId: 1, 'lines.productId': 1, 'lines.variantId': 1 },
  ...{ 'history.status': 1, 'history.at': 1 },
};

/**
 * Finds which of these checkouts were wrongly refused for lapsed holds: the orders that the refusal
 * lists do not prove it, or an order of the buyer was confirmed after one of them had lapsed.
 * Needs no snapshot, because the history of an order keeps its expiry and its confirmation.
 */
export async function findFalseLapseRefusals(
  store: Store,
  checkoutIds: readonly string[],
): Promise<string[]> {
  const falselyRefused: string[] = [];
  for (let at = 0; at < checkoutIds.length; at += IDS_AT_A_TIME) {
    const refused = await store.checkouts
      .find<RefusedCheckout>(
        { _id: { $in: checkoutIds.slice(at, at + IDS_AT_A_TIME) } },
        { projection: REFUSAL_FIELDS },
      )
      .toArray();
    const listed = await readListed(store, refused);
    const confirmed = Map.groupBy(await readConfirmed(store, refused, listed), toKey);
    const byId = new Map(listed.map((order) => [order._id, order]));
    for (const { _id, rejection, ...checkout } of refused) {
      const refusal = { ...checkout, ...rejection };
      if (isFalseLapseRefusal(refusal, byId, confirmed.get(toKey(checkout)) ?? [])) {
        falselyRefused.push(_id);
      }
    }
  }
  return falselyRefused;
}

function toKey({ storefrontId, buyerId }: Pick<LapsedOrder, 'storefrontId' | 'buyerId'>): string {
  return toBuyerKey(storefrontId, buyerId);
}

/** Reads the lapsed orders that the refusals list. */
async function readListed(
  { orders }: Store,
  refused: readonly RefusedCheckout[],
): Promise<ListedOrder[]> {
  const ids = new Set(refused.flatMap(({ rejection }) => rejection?.lapsedOrderIds ?? []));
  if (ids.size === 0) return [];
  return orders
    .find<ListedOrder>({ _id: { $in: [...ids] } }, { projection: ORDER_FIELDS })
    .toArray();
}

/** Reads the orders of these buyers that were confirmed between a lapse and a refusal. */
async function readConfirmed(
  { orders }: Store,
  refused: readonly RefusedCheckout[],
  listed: readonly ListedOrder[],
): Promise<LapsedOrder[]> {
  const lapsedMs = listed.flatMap(({ history }) =>
    history.flatMap(({ status, at }) => (status === 'expired' ? at.getTime() : [])),
  );
  const settledMs = refused.flatMap(({ settledAt }) => settledAt?.getTime() ?? []);
  const from = Math.min(...lapsedMs) + COMPARABLE_AFTER_MS;
  const until = Math.max(...settledMs) - COMPARABLE_AFTER_MS;
  if (!Number.isFinite(from) || !Number.isFinite(until) || from >= until) return [];
  const between = { $gt: new Date(from), $lt: new Date(until) };
  const productIds = refused.flatMap(({ rejection }) => rejection?.productId ?? []);
  return orders
    .find<LapsedOrder>(
      {
        buyerId: { $in: [...new Set(refused.map(({ buyerId }) => buyerId))] },
        storefrontId: { $in: [...new Set(refused.map(({ storefrontId }) => storefrontId))] },
        'lines.productId': { $in: [...new Set(productIds)] },
        history: { $elemMatch: { status: 'confirmed', at: between } },
      },
      { projection: ORDER_FIELDS, hint: 'orders_of_storefronts_buyer' },
    )
    .toArray();
}
