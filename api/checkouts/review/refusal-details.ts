import type { DiscountRefusalReason } from '../../../shared/domain/discounts/terms.ts';
import type { ExhaustedReason } from '../../../shared/domain/discounts/uses.ts';

/** Every reason why a code discounts nothing. */
export type ReviewReason = DiscountRefusalReason | ExhaustedReason;

const DETAILS: Readonly<Record<ReviewReason, string>> = {
  unknown_code: 'No shop of this checkout has such a code.',
  not_started: 'The code cannot be used yet.',
  ended: 'The code has expired.',
  cancelled: 'The shop has cancelled the code.',
  other_currency: 'The code is for another currency.',
  no_eligible_lines: 'The code applies to none of the products.',
  minimum_not_reached: 'The products that the code applies to do not reach its minimum.',
  takes_nothing_off: 'The code does not lower the price.',
  another_is_better: 'Without this code the discount is at least as large.',
  usage_limit: 'The code has reached its usage limit.',
  usage_limit_per_buyer: 'The buyer has reached the usage limit of the code.',
};

/** The reasons, as the OpenAPI document lists them. */
export const REVIEW_REASONS = Object.keys(DETAILS) as [ReviewReason, ...ReviewReason[]];

/** Returns the sentence that explains a reason to people. */
export function describeReason(reason: ReviewReason): string {
  return DETAILS[reason];
}
