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
  const message = valueProblem(offer);
  if (message !== undefined) fields.push({ path: 'value', message });
  if (endsAt <= startsAt) fields.push({ path: 'endsAt', message: 'It must end after it starts.' });
  if (usageLimit !== undefined && (usageLimitPerBuyer ?? 0) > usageLimit) {
    fields.push({
      path: 'usageLimitPerBuyer',
      message: 'This is more than the uses of all buyers.',
    });
  }
  if (fields.length === 0) return;
  const paths = fields.map(({ path }) => path).join(', ');
  throw new RefusedError('invalid_request', `Invalid: ${paths}.`, fields);
}

function valueProblem({ kind, value }: DiscountOffer): string | undefined {
  if (kind === 'fixed') {
    const isAmount = Number.isInteger(value) && value >= 1 && value <= AMOUNT_MAX;
    return isAmount ? undefined : `A whole number of minor units, 1 to ${AMOUNT_MAX}.`;
  }
  if (!(value > 0 && value <= PERCENT_MAX)) return 'Above 0 and up to 100 per cent.';
  // A number with two decimals equals its hundredths divided by 100.
  const hundredths = Math.round(value * HUNDREDTHS_PER_PERCENT);
  const isExact = hundredths / HUNDREDTHS_PER_PERCENT === value;
  return isExact ? undefined : 'Per cent, to the hundredth.';
}
