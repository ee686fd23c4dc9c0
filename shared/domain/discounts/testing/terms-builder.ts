import type { PricedLine } from '../../vocabulary.ts';
import type { DiscountTerms } from '../terms.ts';

/** A moment at which the discounts of `createTerms` are valid. */
export const NOW = new Date('2026-06-15T12:00:00Z');
const STARTS_AT = new Date('2026-06-01T00:00:00Z');
const ENDS_AT = new Date('2026-07-01T00:00:00Z');

let count = 0;

/** 10 % off all products of shop A, valid at `NOW`, with a unique id and code. */
export function createTerms(changes: Partial<DiscountTerms> = {}): DiscountTerms {
  count += 1;
  return {
    id: `dsc_${count}`,
    shopId: 'shp_A',
    code: `CODE-${count}`,
    kind: 'percentage',
    value: 10,
    startsAt: STARTS_AT,
    endsAt: ENDS_AT,
    isCombinable: false,
    ...changes,
  };
}

/** One unit of a product of shop A, for 10 pounds. */
export function toPricedLine(changes: Partial<PricedLine> = {}): PricedLine {
  count += 1;
  return {
    variantId: `var_${count}`,
    productId: `prd_${count}`,
    shopId: 'shp_A',
    sku: `SKU-${count}`,
    title: 'A thing',
    quantity: 1,
    unitPrice: 1_000,
    ...changes,
  };
}
