import fc from 'fast-check';
import { expect, test } from 'vitest';
import { RefusedError } from './errors.ts';
import {
  checkQuantity,
  checkQuantityRule,
  isQuantityAllowed,
  nearestQuantity,
  type QuantityRule,
} from './quantity-rule.ts';

const units = fc.integer({ min: 1, max: 1_000 });
/** Valid rules: bounds that are multiples of the step. */
const soundRule = fc
  .record(
    { step: fc.integer({ min: 1, max: 50 }), low: units, more: fc.nat(100) },
    { requiredKeys: ['step'] },
  )
  .map(
    ({ step, low, more }): QuantityRule => ({
      step,
      ...(low !== undefined && { min: low * step }),
      ...(more !== undefined && { max: ((low ?? 1) + more) * step }),
    }),
  );

const catchRefusal = (act: () => void) => {
  try {
    act();
  } catch (error) {
    if (error instanceof RefusedError) return error;
    throw error;
  }
  return undefined;
};

test.each<[string, QuantityRule, string]>([
  ['a min that is not a multiple of the step', { min: 4, step: 3 }, 'rule.min'],
  ['a max that is not a multiple of the step', { min: 3, max: 10, step: 3 }, 'rule.max'],
  ['a max below the min', { min: 6, max: 3, step: 3 }, 'rule.max'],
  ['a max below the step', { max: 2, step: 3 }, 'rule.max'],
])('a rule cannot have %s', (_, rule, path) => {
  const refusal = catchRefusal(() => checkQuantityRule(rule, 'rule'));
  expect(refusal).toMatchObject({ code: 'invalid_request', fields: [{ path }] });
});

test.each<[string, QuantityRule]>([
  ['no bounds and no step', {}],
  ['a single allowed quantity', { min: 6, max: 6 }],
  ['a step only', { step: 12 }],
])('a rule can have %s', (_, rule) => {
  expect(catchRefusal(() => checkQuantityRule(rule, 'rule'))).toBeUndefined();
});

test.each<[QuantityRule | undefined, number[], number[]]>([
  [undefined, [1, 2, 1_000_000], [0]],
  [{}, [1, 7], [0]],
  [{ min: 2, max: 4 }, [2, 3, 4], [0, 1, 5]],
  [{ step: 6 }, [6, 12], [0, 1, 5, 7]],
  [{ min: 12, max: 24, step: 6 }, [12, 18, 24], [6, 13, 30]],
])('the rule %j allows %j and refuses %j', (rule, allowed, refused) => {
  expect(allowed.filter((quantity) => !isQuantityAllowed(rule, quantity))).toEqual([]);
  expect(refused.filter((quantity) => isQuantityAllowed(rule, quantity))).toEqual([]);
});

test('a rule allows its bounds, and the nearest quantity is the largest up to the request', () => {
  fc.assert(
    fc.property(soundRule, fc.integer({ min: 0, max: 100_000 }), (rule, quantity) => {
      checkQuantityRule(rule, 'rule');
      for (const bound of [rule.min, rule.max]) {
        if (bound !== undefined) expect(isQuantityAllowed(rule, bound)).toBe(true);
      }
      const nearest = nearestQuantity(rule, quantity);
      expect(isQuantityAllowed(rule, nearest)).toBe(true);
      if (isQuantityAllowed(rule, quantity)) expect(nearest).toBe(quantity);
      // No allowed quantity between the nearest and the requested quantity is larger.
      for (let between = nearest + 1; between <= Math.min(quantity, nearest + 60); between += 1) {
        expect(isQuantityAllowed(rule, between)).toBe(false);
      }
    }),
  );
});

test('a refusal names the field and contains the rule', () => {
  const rule = { min: 2, max: 8, step: 2 };
  expect(catchRefusal(() => checkQuantity(rule, 5, 'lines.3.quantity', 'var_1'))).toMatchObject({
    code: 'quantity_not_allowed',
    message: 'The quantity must be at least 2, at most 8 and a multiple of 2; it is 5.',
    fields: [{ path: 'lines.3.quantity' }],
    extra: { variantId: 'var_1', quantityRule: rule, nearestQuantity: 4 },
  });
  expect(catchRefusal(() => checkQuantity(rule, 4, 'quantity', 'var_1'))).toBeUndefined();
  expect(catchRefusal(() => checkQuantity(undefined, 5, 'quantity', 'var_1'))).toBeUndefined();
});
