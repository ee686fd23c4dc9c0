import fc from 'fast-check';
import { expect, test } from 'vitest';
import { promiseRuns } from '../../testing/promises.ts';
import { shopParts } from '../lines.ts';
import { applyDiscounts, type DiscountInput, failedCodes } from './apply-discounts.ts';
import { toCodeKey } from './terms.ts';
import { arbitraryInput, SHOPS } from './testing/arbitrary-input.ts';
import {
  amountAlone,
  eligibleFor,
  plainDiscounts,
  sum,
  toAmount,
} from './testing/plain-discounts.ts';

const RUNS = promiseRuns(3_000, 600);

const checkProperty = (property: (input: DiscountInput) => void) =>
  fc.assert(fc.property(arbitraryInput, property), { numRuns: RUNS });

test('the parts of the shops sum to the total, and no line goes below zero', () => {
  checkProperty((input) => {
    const { lines, applied } = applyDiscounts(input);
    expect(lines.map(({ discount: _, ...rest }) => rest)).toEqual(input.lines);
    for (const line of lines) {
      const { discount } = line;
      if (discount === undefined) continue;
      expect(discount).toBeGreaterThan(0);
      expect(discount).toBeLessThanOrEqual(toAmount(line));
    }
    for (const { shopId, subtotal, discount, total } of shopParts(lines)) {
      const own = applied.filter((discountOfShop) => discountOfShop.shopId === shopId);
      expect(discount).toBe(sum(own.map(({ amount }) => amount)));
      expect(total).toBe(subtotal - discount);
      expect(total).toBeGreaterThanOrEqual(0);
    }
    const subtotal = sum(input.lines.map(toAmount));
    const total = sum(shopParts(lines).map((part) => part.total));
    expect(total).toBe(subtotal - sum(applied.map(({ amount }) => amount)));
  });
});

test('every discount and every line agrees with the plain rules', () => {
  checkProperty((input) => {
    const { lines, applied } = applyDiscounts(input);
    const plain = plainDiscounts(input);
    const amounts = new Map(applied.map(({ discountId, amount }) => [discountId, amount]));
    expect(amounts).toEqual(plain.amounts);
    expect(amounts.size).toBe(applied.length);
    expect(lines.map(({ discount = 0 }) => discount)).toEqual(plain.off);
  });
});

test('a discount used alone is the best single discount; several used together take off more', () => {
  checkProperty((input) => {
    const { applied } = applyDiscounts(input);
    for (const shopId of SHOPS) {
      const own = input.terms.filter((terms) => terms.shopId === shopId);
      const best = Math.max(0, ...own.map((terms) => amountAlone(terms, input)));
      const used = applied.filter((discount) => discount.shopId === shopId);
      const off = sum(used.map(({ amount }) => amount));
      expect(off).toBeGreaterThanOrEqual(best);
      if (used.length < 2) expect(off).toBe(best);
      else expect(off).toBeGreaterThan(best);
    }
  });
});

test('each discount respects its terms', () => {
  checkProperty((input) => {
    const { lines, applied } = applyDiscounts(input);
    const usedIn = (shopId: string) => applied.filter((discount) => discount.shopId === shopId);
    const used = applied.map(({ discountId }) => input.terms.find(({ id }) => id === discountId));
    applied.forEach(({ amount, shopId }, index) => {
      const terms = used[index];
      if (terms === undefined) throw new Error('a discount that does not exist');
      expect(amountAlone(terms, input)).toBeGreaterThan(0);
      expect(amount).toBeGreaterThan(0);
      expect(amount).toBeLessThanOrEqual(terms.maximumDiscount ?? amount);
      if (terms.kind === 'fixed') expect(amount).toBeLessThanOrEqual(terms.value);
      if (!terms.isCombinable) expect(usedIn(shopId)).toHaveLength(1);
    });
    for (const line of lines.filter(({ discount }) => discount !== undefined)) {
      expect(used.some((terms) => terms && eligibleFor(terms, [line]).length > 0)).toBe(true);
    }
  });
});

test('every code is reported; one that would take nothing off even alone has failed', () => {
  checkProperty((input) => {
    const outcome = applyDiscounts(input);
    const { applied, refused } = outcome;
    const reported = new Set([...applied, ...refused].map(({ code }) => toCodeKey(code)));
    expect(reported).toEqual(new Set(input.codes.map(toCodeKey)));
    for (const { shopId, codeKey } of input.cancelled) {
      const isExpected =
        reported.has(codeKey) && input.lines.some((line) => line.shopId === shopId);
      const reasons = refused
        .filter((refusal) => refusal.shopId === shopId && toCodeKey(refusal.code) === codeKey)
        .map(({ reason }) => reason);
      expect(reasons).toEqual(isExpected ? ['cancelled'] : []);
    }
    const failed = failedCodes(outcome).map(({ code }) => toCodeKey(code));
    const isGood = (code: string) =>
      input.terms.some(
        (terms) =>
          toCodeKey(terms.code) === toCodeKey(code) &&
          input.lines.some(({ shopId }) => shopId === terms.shopId) &&
          amountAlone(terms, input) > 0,
      );
    const bad = [...new Set(input.codes.map(toCodeKey))].filter((key) => !isGood(key));
    expect(failed).toEqual(bad);
  });
});

test('the order in which codes are typed does not change the total of any shop', () => {
  const shuffled = arbitraryInput.chain((input) =>
    fc.tuple(
      fc.constant(input),
      fc.shuffledSubarray([...input.codes], { minLength: input.codes.length }),
    ),
  );
  fc.assert(
    fc.property(shuffled, ([input, codes]) => {
      const [original, reordered] = [applyDiscounts(input), applyDiscounts({ ...input, codes })];
      const totals = (outcome: typeof original) =>
        shopParts(outcome.lines).map(({ total }) => total);
      expect(totals(reordered)).toEqual(totals(original));
    }),
    { numRuns: RUNS },
  );
});
