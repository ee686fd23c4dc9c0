import type { Candidate } from './best-discounts.ts';
import { amountOff } from './shares.ts';
import type { DiscountRefusalReason, DiscountTerms } from './terms.ts';

/** What one shop sells in a checkout, before discounts: a product and an amount for each line. */
export interface ShopLines {
  readonly productIds: readonly string[];
  readonly amounts: readonly number[];
  readonly currency: string;
  readonly at: Date;
}

/** Either what a discount would take off by itself, or why it does not apply. */
export type Judgement =
  | { readonly candidate: Candidate }
  | { readonly reason: DiscountRefusalReason };

/** Judges one discount by itself. How often it has been used is not known here. */
export function judgeTerms(terms: DiscountTerms, shop: ShopLines): Judgement {
  const reason = reasonBeforeLines(terms, shop);
  if (reason !== undefined) return { reason };
  const places = findPlaces(terms, shop);
  if (places.length === 0) return { reason: 'no_eligible_lines' };
  let eligible = 0;
  for (const place of places) eligible += shop.amounts[place] ?? 0;
  if (eligible < (terms.minimumSubtotal ?? 0)) return { reason: 'minimum_not_reached' };
  const alone = amountOff(terms, eligible);
  if (alone === 0) return { reason: 'takes_nothing_off' };
  return { candidate: { terms, places, alone } };
}

function reasonBeforeLines(
  { startsAt, endsAt, currency }: DiscountTerms,
  shop: ShopLines,
): DiscountRefusalReason | undefined {
  if (shop.at < startsAt) return 'not_started';
  if (shop.at >= endsAt) return 'ended';
  if (currency !== undefined && currency !== shop.currency) return 'other_currency';
  return undefined;
}

function findPlaces({ productIds }: DiscountTerms, shop: ShopLines): number[] {
  const eligible = productIds === undefined ? undefined : new Set(productIds);
  const places: number[] = [];
  shop.productIds.forEach((productId, place) => {
    if (eligible === undefined || eligible.has(productId)) places.push(place);
  });
  return places;
}
