import { LAPSES_MAX } from '../lapsed-holds.ts';
import type { OrderStatus } from '../vocabulary.ts';

/** A refusal because the buyer let too many holds lapse, with the orders that it names. */
export interface LapseRefusal {
  readonly storefrontId: string;
  readonly buyerId: string;
  readonly lines: readonly { readonly productId: string }[];
  readonly productId?: string | undefined;
  readonly lapsedOrderIds?: readonly string[] | undefined;
}

/** The fields of an order that prove such a refusal. */
export interface LapsedOrder {
  readonly storefrontId: string;
  readonly buyerId: string;
  readonly lines: readonly { readonly productId: string }[];
  readonly history: readonly { readonly status?: OrderStatus }[];
}

/**
 * Returns whether the record contradicts such a refusal. It must name enough orders, each of which
 * expired, of the same buyer and with a product that the refused checkout wants.
 */
export function isFalseLapseRefusal(
  { productId, lapsedOrderIds = [], lines, ...buyer }: LapseRefusal,
  orders: ReadonlyMap<string, LapsedOrder>,
): boolean {
  const named = new Set(lapsedOrderIds);
  if (named.size < LAPSES_MAX) return true;
  if (!lines.some((line) => line.productId === productId)) return true;
  return ![...named].every((id) => {
    const order = orders.get(id);
    return (
      order?.storefrontId === buyer.storefrontId &&
      order.buyerId === buyer.buyerId &&
      order.lines.some((line) => line.productId === productId) &&
      order.history.some(({ status }) => status === 'expired')
    );
  });
}
