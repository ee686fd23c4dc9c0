import type { OrderRecord } from '../../store/collections/orders.ts';
import type { Session, Store } from '../../store/store.ts';

/** A lapsed order: still pending, although its reservation has ended. */
export interface DueOrder {
  readonly _id: string;
  readonly lineCount: number;
  readonly productIds: readonly string[];
}

/** The projection with which a query of orders returns due orders. */
export const DUE_ORDER = {
  lineCount: { $size: '$lines' },
  productIds: { $setUnion: ['$lines.productId'] },
};

/** The result of a verb, or the lapsed orders that block it; nothing is then done. */
export type Attempt<Result> = { readonly done: Result } | { readonly lapsed: readonly DueOrder[] };

/** A claimant that could not get its units or uses. */
export interface ShortClaim {
  readonly lines: readonly Pick<OrderRecord['lines'][number], 'productId'>[];
  readonly discounts?: readonly { readonly discountId: string }[] | undefined;
}

/** Lapsed orders that one attempt finds. */
const LAPSED_MAX = 256;

/**
 * Finds lapsed orders that hold products or discounts of these claims, the longest lapsed first.
 * There are few, because a sweep expires them.
 */
export async function findLapsed(
  store: Store,
  session: Session,
  now: Date,
  claims: readonly ShortClaim[],
): Promise<DueOrder[]> {
  if (claims.length === 0) return [];
  const productIds = new Set<string>();
  const discountIds = new Set<string>();
  for (const { lines, discounts = [] } of claims) {
    for (const { productId } of lines) productIds.add(productId);
    for (const { discountId } of discounts) discountIds.add(discountId);
  }
  const holdsProduct = { 'lines.productId': { $in: [...productIds] } };
  const holdsDiscount = { 'discounts.discountId': { $in: [...discountIds] } };
  return store.orders
    .aggregate<DueOrder>(
      [
        {
          $match: {
            status: 'pending',
            reservedUntil: { $lte: now },
            ...(discountIds.size === 0 ? holdsProduct : { $or: [holdsProduct, holdsDiscount] }),
          },
        },
        { $sort: { reservedUntil: 1 } },
        { $limit: LAPSED_MAX },
        { $project: DUE_ORDER },
      ],
      { session, hint: 'pending_by_expiry' },
    )
    .toArray();
}
