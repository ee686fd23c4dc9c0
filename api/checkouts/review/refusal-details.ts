import type { DiscountRefusalReason } from '../../../shared/domain/discounts/terms.ts';
import type { ExhaustedReason } from '../../../shared/domain/discounts/uses.ts';

/** Every reason why a code takes nothing off. */
export type ReviewReason = DiscountRefusalReason | ExhaustedReason;

const DETAILS: Readonly<Record<ReviewReason, string>> = {
  unknown_code: 'No shop of this checkout has such a code.',
  not_started: 'The code cannot be used yet.',
  ended: 'The code could be used until some time ago.',
  cancelled: 'The shop has taken the code back.',
  other_currency: 'The code is for another currency.',
  no_eligible_lines: 'Nothing here is what the code is for.',
  minimum_not_reached: 'What the code is for does not come to the sum that it asks for.',
  takes_nothing_off: 'The code takes nothing off here.',
  another_is_better: 'The other codes take more off, and this one cannot be added to them.',
  usage_limit: 'The code has been used as often as it may be.',
  usage_limit_per_buyer: 'The buyer has used the code as often as one may.',
};

/** The reasons, as the OpenAPI document lists them. */
export const REVIEW_REASONS = Object.keys(DETAILS) as [ReviewReason, ...ReviewReason[]];

/** A reason in words, for people. */
export function describeReason(reason: ReviewReason): string {
  return DETAILS[reason];
}
