/** A percentage of the price (`value` in per cent, to the hundredth) or a fixed amount. */
export type DiscountKind = 'percentage' | 'fixed';

/** The terms of a discount; amounts in minor units. */
export interface DiscountTerms {
  readonly id: string;
  readonly shopId: string;
  /** The code as the shop writes it; buyers may type it in any case. */
  readonly code: string;
  readonly kind: DiscountKind;
  readonly value: number;
  /** The currency of its amounts; absent for the currency of the checkout. */
  readonly currency?: string;
  /** The discount applies at or after this moment, and before `endsAt`. */
  readonly startsAt: Date;
  readonly endsAt: Date;
  /** The minimum sum of the lines that it applies to. */
  readonly minimumSubtotal?: number;
  readonly maximumDiscount?: number;
  /** Absent when it applies to all of the shop's products. */
  readonly productIds?: readonly string[];
  /** Whether it can be combined with other combinable discounts. */
  readonly isCombinable: boolean;
}

/** A code of a shop's cancelled discount, if the shop has no other discount with this code. */
export interface CancelledCode {
  readonly shopId: string;
  /** The code in the form that `toCodeKey` returns. */
  readonly codeKey: string;
}

/** The discounts and cancelled codes that the shops of a checkout have for its codes. */
export interface FoundCodes {
  /** At most one for each shop and code. */
  readonly terms: readonly DiscountTerms[];
  /** Cancelled codes, each once, so that a buyer learns why the code does not apply. */
  readonly cancelled: readonly CancelledCode[];
}

/** A discount that a checkout or an order has; `amount` in minor units, above zero. */
export interface AppliedDiscount {
  readonly discountId: string;
  readonly shopId: string;
  readonly code: string;
  readonly amount: number;
}

/** Why a code that was given takes nothing off. */
export type DiscountRefusalReason =
  | 'unknown_code'
  | 'not_started'
  | 'ended'
  | 'cancelled'
  | 'other_currency'
  | 'no_eligible_lines'
  | 'minimum_not_reached'
  | 'takes_nothing_off'
  | 'another_is_better';

/** A code that takes nothing off in one shop, or, if `shopId` is absent, in every shop. */
export interface RefusedDiscount {
  readonly code: string;
  readonly shopId?: string;
  readonly reason: DiscountRefusalReason;
}

/**
 * Returns the form in which codes are compared, without surrounding blanks and case. It changes to
 * lower and then to upper case, because some letters have several equal forms ("ẞ", "ß" and "SS").
 * It normalizes first, because normalizing can turn a sign into a blank, which is then trimmed. It
 * normalizes again at the end, because a change of case can separate marks from their letter.
 */
export function toCodeKey(code: string): string {
  return code.normalize('NFKC').trim().toLowerCase().toUpperCase().normalize('NFKC');
}

/** Returns the key of a buyer, whose id is unique only within the storefront's shop. */
export function toBuyerKey(storefrontShopId: string, buyerId: string): string {
  return `${storefrontShopId}/${buyerId}`;
}
