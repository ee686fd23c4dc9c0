import type { Claim, Pool } from './allocation.ts';
import type { Rejection } from './rejection.ts';
import type { PricedLine } from './vocabulary.ts';

/** A buyer waits behind others after this many holds of a product have lapsed in a row. */
export const LAPSES_MAX = 3;

/**
 * If the sale of a product has no end, a buyer's lapses are removed this long after the last lapse.
 */
export const LAPSES_KEPT_MS = 24 * 3_600_000;

/** A product for which a buyer let `LAPSES_MAX` holds lapse in a row. */
export interface LapsedProduct {
  readonly productId: string;
  /** The orders that lapsed, oldest first. */
  readonly orderIds: readonly string[];
}

/** The fields of a checkout that the rule for lapsed holds reads. */
interface LapsedBuyer {
  readonly id: string;
  readonly lines: readonly Pick<PricedLine, 'variantId' | 'productId' | 'quantity'>[];
  readonly lapsed?: LapsedProduct | undefined;
  readonly wait?: { readonly isOver: boolean } | undefined;
}

/** Adds a lapsed order to the list and keeps only the last `LAPSES_MAX`. */
export function addLapse(orderIds: readonly string[], orderId: string): readonly string[] {
  return [...orderIds, orderId].slice(-LAPSES_MAX);
}

/** Returns whether the buyer must wait, but the checkout may not wait or its wait is over. */
function isRefused({ lapsed, wait }: LapsedBuyer): boolean {
  return lapsed !== undefined && (wait === undefined || wait.isOver);
}

const PREFIX = 'lapsed ';

/** Refuses a checkout that cannot wait although its buyer must: it claims from an empty pool. */
export function toLapseClaims(checkout: LapsedBuyer): Claim[] {
  return isRefused(checkout) ? [{ poolId: PREFIX + checkout.id, units: 1 }] : [];
}

/** Creates the empty pools that the claims of `toLapseClaims` need. */
export function toLapsePools(checkouts: readonly LapsedBuyer[]): Pool[] {
  return checkouts.filter(isRefused).map(({ id }) => ({ id: PREFIX + id, free: 0, version: 0 }));
}

/** Returns whether `poolId` is the id of a pool from `toLapsePools`. */
export function isLapsePool(poolId: string): boolean {
  return poolId.startsWith(PREFIX);
}

/** Creates the rejection of a buyer who must wait behind others, with the lapsed orders. */
export function toLapseRejection(
  lines: LapsedBuyer['lines'],
  { productId, orderIds }: LapsedProduct,
): Rejection {
  const line = lines.find((checkoutLine) => checkoutLine.productId === productId);
  return {
    code: 'too_many_lapsed_holds',
    productId,
    ...(line && { variantId: line.variantId, requested: line.quantity }),
    lapsedOrderIds: orderIds,
  };
}

/** Returns whether a waiting checkout waits behind others, by its `shortage`. */
export function isBehindOthers(shortage: Pick<Rejection, 'code'> | undefined): boolean {
  return shortage?.code === 'too_many_lapsed_holds';
}
