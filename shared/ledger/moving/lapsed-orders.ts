import type { Rejection } from '../../domain/rejection.ts';
import { availableUnits, type StockLevel } from '../../domain/vocabulary.ts';
import type { Session, Store } from '../../store/store.ts';

/** A lapsed order: still pending, although its reservation has ended. */
export interface DueOrder {
  readonly _id: string;
  readonly lineCount: number;
  readonly productIds: readonly string[];
}

/** The projection that turns orders into `DueOrder`. */
export const DUE_ORDER = {
  lineCount: { $size: '$lines' },
  productIds: { $setUnion: ['$lines.productId'] },
};

/** The result of a verb, or, if it has changed nothing, the lapsed orders that block it. */
export type Attempt<Result> = { readonly done: Result } | { readonly lapsed: readonly DueOrder[] };

/** A checkout or an order that could not get its units or uses. */
interface Claimant {
  readonly buyerId?: string;
  readonly lines: readonly ClaimedLine[];
  readonly discounts?: readonly { readonly discountId: string }[] | undefined;
}

interface ClaimedLine {
  readonly variantId: string;
  readonly productId: string;
  readonly quantity: number;
}

/** What a claimant lacks, because other orders have it. */
export interface ShortClaim {
  /** Variants with too few free units. */
  readonly variantIds?: readonly string[];
  /** The buyer of products with a purchase limit, whose own orders count. */
  readonly buyer?: { readonly buyerId: string; readonly productIds: readonly string[] };
  readonly discountIds?: readonly string[];
}

/**
 * Returns what a refused claimant lacks. A rejection names only the first thing that is missing, so
 * the next attempt may lack something else. All variants with too few free units, however, are
 * returned at once. If no variant has too few, or if the share of unlisted storefronts is used up,
 * all variants of the claimant are returned.
 */
export function toShortClaim(
  { buyerId, lines, discounts = [] }: Claimant,
  { code, variantId }: Pick<Rejection, 'code' | 'variantId'>,
  stock: { get(variantId: string): StockLevel | undefined },
): ShortClaim {
  const productIds = lines.map(({ productId }) => productId);
  if (code === 'purchase_limit_reached' && buyerId !== undefined) {
    return { buyer: { buyerId, productIds } };
  }
  if (code === 'discount_exhausted') {
    return { discountIds: discounts.map(({ discountId }) => discountId) };
  }
  const lacking = lines.filter((line) => {
    const level = stock.get(line.variantId);
    const free = level === undefined ? 0 : availableUnits(level);
    return line.variantId === variantId || free < line.quantity;
  });
  const isShortOfUnits = code !== 'held_share_reached' && lacking.length > 0;
  return { variantIds: (isShortOfUnits ? lacking : lines).map((line) => line.variantId) };
}

/** The maximum number of lapsed orders that one search returns. */
const LAPSED_MAX = 256;

/**
 * Finds lapsed orders that hold what these claims lack, the longest lapsed first. Orders that hold
 * only other variants of the same products are left out, because many of them would hide the needed
 * orders. A sweep expires lapsed orders, so there are few.
 */
export async function findLapsed(
  store: Store,
  session: Session,
  now: Date,
  claims: readonly ShortClaim[],
): Promise<DueOrder[]> {
  const holding = toHolding(claims);
  if (holding.length === 0) return [];
  return store.orders
    .aggregate<DueOrder>(
      [
        { $match: { status: 'pending', reservedUntil: { $lte: now }, $or: holding } },
        { $sort: { reservedUntil: 1 } },
        { $limit: LAPSED_MAX },
        { $project: DUE_ORDER },
      ],
      { session, hint: 'pending_by_expiry' },
    )
    .toArray();
}

/**
 * Returns filters for orders that hold what the claims lack; an empty list if they lack nothing.
 */
function toHolding(claims: readonly ShortClaim[]): object[] {
  const variantIds = new Set(claims.flatMap((claim) => claim.variantIds ?? []));
  const discountIds = new Set(claims.flatMap((claim) => claim.discountIds ?? []));
  const buyers = claims.flatMap((claim) => claim.buyer ?? []);
  const buyerIds = new Set(buyers.map(({ buyerId }) => buyerId));
  const productIds = new Set(buyers.flatMap((buyer) => buyer.productIds));
  return [
    ...(variantIds.size > 0 ? [{ 'lines.variantId': { $in: [...variantIds] } }] : []),
    ...(discountIds.size > 0 ? [{ 'discounts.discountId': { $in: [...discountIds] } }] : []),
    ...(buyers.length > 0
      ? [{ buyerId: { $in: [...buyerIds] }, 'lines.productId': { $in: [...productIds] } }]
      : []),
  ];
}
