import fc from 'fast-check';
import { expect, test } from 'vitest';
import { AMOUNT_MAX } from '../money.ts';
import { shopParts } from '../shop-parts.ts';
import type { PricedLine } from '../vocabulary.ts';
import { applyDiscounts, type DiscountInput, failedCode } from './apply-discounts.ts';
import { codeKeyOf, type DiscountTerms } from './terms.ts';
import { lineOf, NOW, termsOf } from './testing/terms-builder.ts';

const RUNS = 3_000;
const SHOPS = ['shp_A', 'shp_B', 'shp_C'];
const CODES = ['one', 'two', 'three', 'four', 'five'];
const LINES_MAX = 10;
const LINE_MAX = AMOUNT_MAX / LINES_MAX;

const product = fc.integer({ min: 0, max: 3 });
const unitPrice = fc.oneof(
  fc.constant(0),
  fc.integer({ min: 1, max: 20 }),
  fc.integer({ min: 1, max: 10_000 }),
  fc.integer({ min: 1, max: LINE_MAX / 1_000 }),
);
const line = fc
  .record({
    shopId: fc.constantFrom(...SHOPS),
    product,
    unitPrice,
    quantity: fc.oneof(fc.integer({ min: 1, max: 5 }), fc.integer({ min: 1, max: 1_000 })),
  })
  .map(({ product: number, ...rest }) =>
    lineOf({ ...rest, productId: `prd_${rest.shopId}_${number}` }),
  );

const money = fc.oneof(fc.integer({ min: 1, max: 2_000 }), fc.integer({ min: 1, max: AMOUNT_MAX }));
const percent = fc.integer({ min: 1, max: 10_000 }).map((points) => points / 100);
const days = fc.constantFrom(-20, -1, 0, 1, 20);
const dayFromNow = (number: number) => new Date(NOW.getTime() + number * 86_400_000);
/** Absent more often than not, so that many discounts do apply. */
const seldom = <T>(arbitrary: fc.Arbitrary<T>) =>
  fc.oneof({ arbitrary: fc.constant(undefined), weight: 7 }, { arbitrary, weight: 1 });
const terms = fc
  .record({
    shopId: fc.constantFrom(...SHOPS),
    code: fc.constantFrom(...CODES),
    offer: fc.oneof(
      percent.map((value) => ({ kind: 'percentage' as const, value })),
      money.map((value) => ({ kind: 'fixed' as const, value })),
    ),
    window: seldom(fc.tuple(days, days)),
    currency: seldom(fc.constantFrom('GBP', 'EUR')),
    minimumSubtotal: seldom(money),
    maximumDiscount: seldom(money),
    products: seldom(fc.uniqueArray(product, { minLength: 1 })),
    isCancelled: seldom(fc.boolean()),
    isCombinable: fc.boolean(),
  })
  .map(({ offer, window, products, ...rest }): DiscountTerms => {
    const { shopId, code, isCombinable, ...limits } = rest;
    const given = Object.entries(limits).filter(([, value]) => value !== undefined);
    return {
      ...termsOf({ shopId, code: code.toUpperCase(), isCombinable, ...offer }),
      ...(window && { startsAt: dayFromNow(window[0]), endsAt: dayFromNow(window[1]) }),
      ...(products && { productIds: products.map((number) => `prd_${shopId}_${number}`) }),
      ...Object.fromEntries(given),
    };
  });

const input = fc.record<DiscountInput>({
  lines: fc.array(line, { minLength: 1, maxLength: LINES_MAX, size: 'max' }),
  terms: fc.uniqueArray(terms, {
    selector: ({ shopId, code }) => `${shopId} ${code}`,
    maxLength: SHOPS.length * CODES.length,
    size: 'max',
  }),
  codes: fc.oneof(
    fc.shuffledSubarray(CODES),
    fc.array(fc.constantFrom(...CODES, 'Six'), { maxLength: 7 }),
  ),
  currency: fc.constant('GBP'),
  at: fc.constant(NOW),
});

const amountOf = ({ quantity, unitPrice: price }: PricedLine) => quantity * price;
const sum = (amounts: readonly number[]) => amounts.reduce((total, each) => total + each, 0);
const eligibleFor = (each: DiscountTerms, lines: readonly PricedLine[]) =>
  lines.filter(
    ({ shopId, productId }) =>
      shopId === each.shopId && (each.productIds?.includes(productId) ?? true),
  );

/** What one discount alone would take off, worked out another way: the oracle. */
function aloneBy(each: DiscountTerms, { lines, codes, at, currency }: DiscountInput): number {
  const isGiven = codes.some((code) => code.toLowerCase() === each.code.toLowerCase());
  const isOpen = each.startsAt.getTime() <= at.getTime() && at.getTime() < each.endsAt.getTime();
  const isSpent = each.isCancelled || (each.currency ?? currency) !== currency;
  const eligible = eligibleFor(each, lines);
  const whole = sum(eligible.map(amountOf));
  if (!isGiven || !isOpen || isSpent || eligible.length === 0) return 0;
  if (whole < (each.minimumSubtotal ?? 0)) return 0;
  let off = each.value;
  if (each.kind === 'percentage') {
    const exact = BigInt(whole) * BigInt(Math.round(each.value * 100));
    const rest = exact % 10_000n;
    off = Number((exact - rest) / 10_000n) + (rest >= 5_000n ? 1 : 0);
  }
  return [off, each.maximumDiscount ?? off, whole].reduce((least, one) => Math.min(least, one));
}

const holds = (property: (given: DiscountInput) => void) =>
  fc.assert(fc.property(input, property), { numRuns: RUNS });

test('the parts sum to the total, and no line goes below zero', () => {
  holds((given) => {
    const { lines, applied } = applyDiscounts(given);
    expect(lines.map(({ discount: _, ...rest }) => rest)).toEqual(given.lines);
    for (const each of lines) {
      const { discount } = each;
      if (discount === undefined) continue;
      expect(discount).toBeGreaterThan(0);
      expect(discount).toBeLessThanOrEqual(amountOf(each));
    }
    for (const { shopId, subtotal, discount, total } of shopParts(lines)) {
      const own = applied.filter((one) => one.shopId === shopId);
      expect(discount).toBe(sum(own.map(({ amount }) => amount)));
      expect(total).toBe(subtotal - discount);
      expect(total).toBeGreaterThanOrEqual(0);
    }
    const subtotal = sum(given.lines.map(amountOf));
    const total = sum(shopParts(lines).map((part) => part.total));
    expect(total).toBe(subtotal - sum(applied.map(({ amount }) => amount)));
  });
});

test('the best single discount is never beaten by another single one, nor beats the choice', () => {
  holds((given) => {
    const { applied } = applyDiscounts(given);
    for (const shopId of SHOPS) {
      const own = given.terms.filter((each) => each.shopId === shopId);
      const best = Math.max(0, ...own.map((each) => aloneBy(each, given)));
      const chosen = applied.filter((each) => each.shopId === shopId);
      const off = sum(chosen.map(({ amount }) => amount));
      expect(off).toBeGreaterThanOrEqual(best);
      if (chosen.length < 2) expect(off).toBe(best);
      else expect(off).toBeGreaterThan(best);
    }
  });
});

test('each discount keeps to its terms', () => {
  holds((given) => {
    const { lines, applied } = applyDiscounts(given);
    const usedIn = (shopId: string) => applied.filter((each) => each.shopId === shopId);
    const used = applied.map(({ discountId }) => given.terms.find(({ id }) => id === discountId));
    applied.forEach(({ amount, shopId }, index) => {
      const each = used[index];
      if (each === undefined) throw new Error('a discount that there is not');
      expect(aloneBy(each, given)).toBeGreaterThan(0);
      expect(amount).toBeGreaterThan(0);
      expect(amount).toBeLessThanOrEqual(each.maximumDiscount ?? amount);
      if (each.kind === 'fixed') expect(amount).toBeLessThanOrEqual(each.value);
      if (!each.isCombinable) expect(usedIn(shopId)).toHaveLength(1);
    });
    for (const each of lines.filter(({ discount }) => discount !== undefined)) {
      expect(used.some((one) => one && eligibleFor(one, [each]).length > 0)).toBe(true);
    }
  });
});

test('every code is told about, and none is no good that takes something off', () => {
  holds((given) => {
    const outcome = applyDiscounts(given);
    const { applied, refused } = outcome;
    const told = new Set([...applied, ...refused].map(({ code }) => codeKeyOf(code)));
    expect(told).toEqual(new Set(given.codes.map(codeKeyOf)));
    const failed = failedCode(outcome);
    const isGood = (code: string) =>
      given.terms.some(
        (each) =>
          codeKeyOf(each.code) === codeKeyOf(code) &&
          given.lines.some(({ shopId }) => shopId === each.shopId) &&
          aloneBy(each, given) > 0,
      );
    expect(failed === undefined).toBe(given.codes.every(isGood));
    if (failed !== undefined) expect(isGood(failed.code)).toBe(false);
  });
});

test('the order in which codes are given changes no amount', () => {
  const shuffled = input.chain((given) =>
    fc.tuple(
      fc.constant(given),
      fc.shuffledSubarray([...given.codes], { minLength: given.codes.length }),
    ),
  );
  fc.assert(
    fc.property(shuffled, ([given, codes]) => {
      const [one, other] = [applyDiscounts(given), applyDiscounts({ ...given, codes })];
      const totals = (outcome: typeof one) => shopParts(outcome.lines).map(({ total }) => total);
      expect(totals(other)).toEqual(totals(one));
    }),
    { numRuns: RUNS },
  );
});
