import type { RejectionCode } from './vocabulary.ts';

/** Why a checkout was rejected, with the record version that the decision was based on. */
export interface Rejection {
  readonly code: RejectionCode;
  readonly variantId?: string;
  readonly requested?: number;
  readonly available?: number;
  /** Only with `purchase_limit_reached`: the product or the variant whose limit it is. */
  readonly itemId?: string;
  /** Only with `purchase_limit_reached`: the number of units that a buyer may buy. */
  readonly limit?: number;
  /** Only with `purchase_limit_reached`: the number of units that the buyer has bought. */
  readonly bought?: number;
  /**
   * Only with `purchase_limit_reached`: the number of days in which orders count; by default all
   * orders of the buyer count.
   */
  readonly days?: number;
  readonly productId?: string;
  /** Only with `too_many_lapsed_holds`: the buyer's orders that lapsed in a row. */
  readonly lapsedOrderIds?: readonly string[];
  /** The version of the stock level, or of the discount, that the decision was based on. */
  readonly version?: number;
  /**
   * Only with an early rejection: how many ms before the rejection the API had read that version.
   */
  readonly ageMs?: number;
  readonly discountCode?: string;
  /** The shop of the discount; a discount of another shop with this code may apply. */
  readonly shopId?: string;
  /** Why a discount does not apply, or which limit is exhausted. */
  readonly reason?: string;
}
