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

const holds = (property: (given: DiscountInput) => void) =>
  fc.assert(fc.property(arbitraryInput, property), { numRuns: RUNS });

test('the parts sum to the total, and no line goes below zero', () => {
  holds((given) => {
    const { lines, applied } = applyDiscounts(given);
    expect(lines.map(({ discount: _, ...rest }) => rest)).toEqual(given.lines);
    for (const each of lines) {
      const { discount } = each;
      if (discount === undefined) continue;
      expect(discount).toBeGreaterThan(0);
      expect(discount).toBeLessThanOrEqual(toAmount(each));
    }
    for (const { shopId, subtotal, discount, total } of shopParts(lines)) {
      const own = applied.filter((one) => one.shopId === shopId);
      expect(discount).toBe(sum(own.map(({ amount }) => amount)));
      expect(total).toBe(subtotal - discount);
      expect(total).toBeGreaterThanOrEqual(0);
    }
    const subtotal = sum(given.lines.map(toAmount));
    const total = sum(shopParts(lines).map((part) => part.total));
    expect(total).toBe(subtotal - sum(applied.map(({ amount }) => amount)));
  });
});

test('every discount and every line agrees with the plain rules', () => {
  holds((given) => {
    const { lines, applied } = applyDiscounts(given);
    const plain = plainDiscounts(given);
    const amounts = new Map(applied.map(({ discountId, amount }) => [discountId, amount]));
    expect(amounts).toEqual(plain.amounts);
    expect(amounts.size).toBe(applied.length);
    expect(lines.map(({ discount = 0 }) => discount)).toEqual(plain.off);
  });
});

test('one chosen discount takes off as much as the best single one, and several take off more', () => {
  holds((given) => {
    const { applied } = applyDiscounts(given);
    for (const shopId of SHOPS) {
      const own = given.terms.filter((each) => each.shopId === shopId);
      const best = Math.max(0, ...own.map((each) => amountAlone(each, given)));
      const chosen = applied.filter((each) => each.shopId === shopId);
      const off = sum(chosen.map(({ amount }) => amount));
      expect(off).toBeGreaterThanOrEqual(best);
      if (chosen.length < 2) expect(off).toBe(best);
      else expect(off).toBeGreaterThan(best);
    }
  });
});

test('each discount respects its terms', () => {
  holds((given) => {
    const { lines, applied } = applyDiscounts(given);
    const usedIn = (shopId: string) => applied.filter((each) => each.shopId === shopId);
    const used = applied.map(({ discountId }) => given.terms.find(({ id }) => id === discountId));
    applied.forEach(({ amount, shopId }, index) => {
      const each = used[index];
      if (each === undefined) throw new Error('a discount that does not exist');
      expect(amountAlone(each, given)).toBeGreaterThan(0);
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

test('every code is reported, and no code that takes something off has failed', () => {
  holds((given) => {
    const outcome = applyDiscounts(given);
    const { applied, refused } = outcome;
    const reported = new Set([...applied, ...refused].map(({ code }) => toCodeKey(code)));
    expect(reported).toEqual(new Set(given.codes.map(toCodeKey)));
    for (const { shopId, codeKey } of given.cancelled) {
      const isAsked = reported.has(codeKey) && given.lines.some((each) => each.shopId === shopId);
      const reasons = refused
        .filter((each) => each.shopId === shopId && toCodeKey(each.code) === codeKey)
        .map(({ reason }) => reason);
      expect(reasons).toEqual(isAsked ? ['cancelled'] : []);
    }
    const failed = failedCodes(outcome).map(({ code }) => toCodeKey(code));
    const isGood = (code: string) =>
      given.terms.some(
        (each) =>
          toCodeKey(each.code) === toCodeKey(code) &&
          given.lines.some(({ shopId }) => shopId === each.shopId) &&
          amountAlone(each, given) > 0,
      );
    const bad = [...new Set(given.codes.map(toCodeKey))].filter((key) => !isGood(key));
    expect(failed).toEqual(bad);
  });
});

test('the order in which codes are given changes no amount', () => {
  const shuffled = arbitraryInput.chain((given) =>
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
