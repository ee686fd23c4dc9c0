/** A percentage of what is bought (`value` in per cent, to the hundredth) or a fixed amount. */
export type DiscountKind = 'percentage' | 'fixed';

/** What a discount gives, on what and when; amounts in minor units. */
export interface DiscountTerms {
  readonly id: string;
  readonly shopId: string;
  /** As the shop writes it; buyers need not mind its case. */
  readonly code: string;
  readonly kind: DiscountKind;
  readonly value: number;
  /** Unless set, amounts are taken to be in whatever currency is paid in. */
  readonly currency?: string;
  /** From then on, and before `endsAt`. */
  readonly startsAt: Date;
  readonly endsAt: Date;
  /** Of the lines it applies to. */
  readonly minimumSubtotal?: number;
  readonly maximumDiscount?: number;
  /** Absent when it applies to all of the shop's products. */
  readonly productIds?: readonly string[];
  /** Whether it may be used together with others that may; else it stands alone. */
  readonly isCombinable: boolean;
}

/** A code that a shop has taken back, and has no other discount for. */
export interface CancelledCode {
  readonly shopId: string;
  /** `toCodeKey` its code. */
  readonly codeKey: string;
}

/** What there is for the codes that were given, in the shops that were asked. */
export interface FoundCodes {
  /** At most one for each shop and code. */
  readonly terms: readonly DiscountTerms[];
  /** Each once; told so that whoever gives such a code learns why it is no good. */
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

/** A code that takes nothing off in one shop, or in none (`shopId` absent). */
export interface RefusedDiscount {
  readonly code: string;
  readonly shopId?: string;
  readonly reason: DiscountRefusalReason;
}

/**
 * How codes are compared: blanks around them and their case do not matter. Lower and then upper
 * case, for letters whose upper case is not all that is equal to them ("ẞ" is to "ß", thus to
 * "SS"); normalized before, since that can make a blank, and after, since a change of case can
 * leave marks apart from their letter.
 */
export function toCodeKey(code: string): string {
  return code.normalize('NFKC').trim().toLowerCase().toUpperCase().normalize('NFKC');
}

/** Buyers are told apart within the shop whose storefront they use: a name means one of its own. */
export function toBuyerKey(storefrontShopId: string, buyerId: string): string {
  return `${storefrontShopId}/${buyerId}`;
}
