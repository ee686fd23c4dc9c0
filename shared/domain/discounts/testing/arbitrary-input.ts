import fc from 'fast-check';
import { AMOUNT_MAX } from '../../money.ts';
import type { DiscountInput } from '../apply-discounts.ts';
import { type DiscountTerms, toCodeKey } from '../terms.ts';
import { createTerms, NOW, toPricedLine } from './terms-builder.ts';

/** The shops of `arbitraryInput`. */
export const SHOPS = ['shp_A', 'shp_B', 'shp_C'];
const CODES = ['one', 'two', 'three', 'four', 'five'];
const LINES_MAX = 10;
const LINE_MAX = AMOUNT_MAX / LINES_MAX;

/** One shop is chosen most often, so that lines and codes often belong to the same shop. */
const shopId = fc.oneof({ arbitrary: fc.constant('shp_A'), weight: 5 }, fc.constantFrom(...SHOPS));
const product = fc.integer({ min: 0, max: 2 });
const unitPrice = fc.oneof(
  fc.constant(0),
  fc.integer({ min: 1, max: 20 }),
  // Prices of which a percentage can end in exactly half a minor unit.
  fc.constantFrom(50, 100, 1_000, 3_000, 5_000),
  fc.integer({ min: 1, max: 10_000 }),
  fc.integer({ min: 1, max: LINE_MAX / 1_000 }),
);
const quantity = fc.oneof(
  fc.constant(1),
  fc.integer({ min: 1, max: 5 }),
  fc.integer({ min: 1, max: 1_000 }),
);
const line = fc
  .record({ shopId, product, unitPrice, quantity })
  .map(({ product: number, ...rest }) =>
    toPricedLine({ ...rest, productId: `prd_${rest.shopId}_${number}` }),
  );

const money = fc.oneof(
  fc.integer({ min: 1, max: 200 }),
  fc.integer({ min: 1, max: 10_000 }),
  fc.integer({ min: 1, max: AMOUNT_MAX }),
);
/** Few percentages, so that some discounts are equal; some have no exact binary form. */
const percent = fc.oneof(
  { arbitrary: fc.constantFrom(1, 10, 25, 50, 90, 1.15, 8.29), weight: 5 },
  fc.integer({ min: 1, max: 10_000 }).map((points) => points / 100),
);
/** Fixed amounts, rarely so large that nothing is left for another discount. */
const fixed = fc.oneof(
  { arbitrary: fc.constantFrom(5, 50, 100, 1_000), weight: 5 },
  { arbitrary: fc.integer({ min: 1, max: 2_000 }), weight: 3 },
  money,
);
const days = fc.constantFrom(-20, -1, 0, 1, 20);
const dayFromNow = (number: number) => new Date(NOW.getTime() + number * 86_400_000);
const oneIn = <T>(times: number, arbitrary: fc.Arbitrary<T>) =>
  fc.oneof({ arbitrary: fc.constant(undefined), weight: times - 1 }, { arbitrary, weight: 1 });

/** Terms that exclude a discount are rare, so that many discounts apply; other terms are common. */
const terms = fc
  .record({
    shopId,
    code: fc.constantFrom(...CODES),
    offer: fc.oneof(
      percent.map((value) => ({ kind: 'percentage' as const, value })),
      fixed.map((value) => ({ kind: 'fixed' as const, value })),
    ),
    window: oneIn(12, fc.tuple(days, days)),
    currency: oneIn(12, fc.constantFrom('GBP', 'EUR')),
    minimumSubtotal: oneIn(6, fc.oneof(fc.integer({ min: 1, max: 50_000 }), money)),
    maximumDiscount: oneIn(3, money),
    products: oneIn(2, fc.uniqueArray(product, { minLength: 1 })),
    isCombinable: fc.oneof({ arbitrary: fc.constant(true), weight: 4 }, fc.boolean()),
  })
  .map(({ offer, window, products, ...rest }): DiscountTerms => {
    const { shopId: shop, code, isCombinable, ...limits } = rest;
    const presentLimits = Object.entries(limits).filter(([, value]) => value !== undefined);
    return {
      ...createTerms({ shopId: shop, code: code.toUpperCase(), isCombinable, ...offer }),
      ...(window && { startsAt: dayFromNow(window[0]), endsAt: dayFromNow(window[1]) }),
      ...(products && { productIds: products.map((number) => `prd_${shop}_${number}`) }),
      ...Object.fromEntries(presentLimits),
    };
  });

const toPair = ({ shopId: shop, code }: { readonly shopId: string; readonly code: string }) =>
  `${shop} ${code.toLowerCase()}`;

/** Lines of up to three shops, discounts for up to five codes in each, and the codes of a buyer. */
export const arbitraryInput: fc.Arbitrary<DiscountInput> = fc
  .record({
    lines: fc.array(line, { minLength: 1, maxLength: LINES_MAX, size: 'max' }),
    terms: fc.uniqueArray(terms, {
      selector: toPair,
      maxLength: SHOPS.length * CODES.length,
      size: 'max',
    }),
    cancelledCodes: fc.uniqueArray(fc.record({ shopId, code: fc.constantFrom(...CODES) }), {
      selector: toPair,
      maxLength: 2,
    }),
    codes: fc.oneof(
      fc.shuffledSubarray(CODES),
      fc.shuffledSubarray(CODES, { minLength: CODES.length }),
      fc.array(fc.constantFrom(...CODES, 'Six'), { maxLength: 7 }),
    ),
  })
  .map(({ cancelledCodes, ...input }) => {
    const present = new Set(input.terms.map(toPair));
    const cancelled = cancelledCodes
      .filter((code) => !present.has(toPair(code)))
      .map(({ shopId: shop, code }) => ({ shopId: shop, codeKey: toCodeKey(code) }));
    return { ...input, cancelled, currency: 'GBP', at: NOW };
  });
