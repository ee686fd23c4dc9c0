import { type FieldError, RefusedError } from '../errors.ts';
import { AMOUNT_MAX } from '../money.ts';
import type { DiscountTerms } from './terms.ts';

/** A discount as a shop defines it: its terms, and how often it may be used. */
export interface DiscountOffer extends Omit<DiscountTerms, 'id' | 'shopId' | 'code'> {
  readonly usageLimit?: number;
  readonly usageLimitPerBuyer?: number;
}

const PERCENT_MAX = 100;
const HUNDREDTHS_PER_PERCENT = 100;

/**
 * Checks the fields of an offer together.
 * @throws RefusedError invalid_request that names each field in conflict
 */
export function checkOffer(offer: DiscountOffer): void {
  const { startsAt, endsAt, usageLimit, usageLimitPerBuyer } = offer;
  const fields: FieldError[] = [];
  const message = findValueProblem(offer);
  if (message !== undefined) fields.push({ path: 'value', message });
  if (endsAt <= startsAt) fields.push({ path: 'endsAt', message: 'Must be after `startsAt`.' });
  if (usageLimit !== undefined && (usageLimitPerBuyer ?? 0) > usageLimit) {
    fields.push({
      path: 'usageLimitPerBuyer',
      message: 'Must be at most `usageLimit`.',
    });
  }
  if (fields.length === 0) return;
  const paths = fields.map(({ path }) => path).join(', ');
  throw new RefusedError('invalid_request', `Invalid: ${paths}.`, fields);
}

function findValueProblem({ kind, value }: DiscountOffer): string | undefined {
  if (kind === 'fixed') {
    const isAmount = Number.isInteger(value) && value >= 1 && value <= AMOUNT_MAX;
    return isAmount ? undefined : `Must be a whole number of minor units from 1 to ${AMOUNT_MAX}.`;
  }
  if (!(value > 0 && value <= PERCENT_MAX)) return 'Must be above 0 and at most 100 per cent.';
  // A number with two decimals equals its hundredths divided by 100.
  const hundredths = Math.round(value * HUNDREDTHS_PER_PERCENT);
  const isExact = hundredths / HUNDREDTHS_PER_PERCENT === value;
  return isExact ? undefined : 'Must have at most two decimals.';
}
