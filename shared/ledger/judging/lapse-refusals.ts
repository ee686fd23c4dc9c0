import { isFalseLapseRefusal, type LapsedOrder } from '../../domain/judging/lapse-refusals.ts';
import type { CheckoutRecord } from '../../store/collections/checkouts.ts';
import type { Store } from '../../store/store.ts';

/** Refusals that are judged together. */
const IDS_AT_A_TIME = 500;

type RefusedCheckout = Pick<
  CheckoutRecord,
  '_id' | 'storefrontId' | 'buyerId' | 'lines' | 'rejection'
>;

type NamedOrder = LapsedOrder & { readonly _id: string };

const REFUSAL_FIELDS = { storefrontId: 1, buyerId: 1, 'lines.productId': 1, rejection: 1 };
const ORDER_FIELDS = { storefrontId: 1, buyerId: 1, 'lines.productId': 1, 'history.status': 1 };

/**
 * Finds the checkouts that were refused for lapsed holds although the orders that they name do not
 * prove it. Needs no snapshot, because the history of an order keeps its expiry.
 */
export async function findFalseLapseRefusals(
  { checkouts, orders }: Store,
  checkoutIds: readonly string[],
): Promise<string[]> {
  const contradicted: string[] = [];
  for (let at = 0; at < checkoutIds.length; at += IDS_AT_A_TIME) {
    const refused = await checkouts
      .find<RefusedCheckout>(
        { _id: { $in: checkoutIds.slice(at, at + IDS_AT_A_TIME) } },
        { projection: REFUSAL_FIELDS },
      )
      .toArray();
    const named = new Set(refused.flatMap(({ rejection }) => rejection?.lapsedOrderIds ?? []));
    const found =
      named.size === 0
        ? []
        : await orders
            .find<NamedOrder>({ _id: { $in: [...named] } }, { projection: ORDER_FIELDS })
            .toArray();
    const byId = new Map(found.map((order) => [order._id, order]));
    for (const { _id, rejection, ...checkout } of refused) {
      const refusal = { ...checkout, ...rejection };
      if (isFalseLapseRefusal(refusal, byId)) contradicted.push(_id);
    }
  }
  return contradicted;
}
