import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type AdjustmentAmount, decideAdjustment } from './adjustment.ts';

const ON_HAND_MAX = 100;
const level = { onHand: 10, reserved: 4 };

describe('with 10 on hand, 4 of them reserved, and a maximum of 100', () => {
  const table: readonly [AdjustmentAmount, number | string][] = [
    [{ delta: 5 }, 5],
    [{ delta: -6 }, -6],
    [{ delta: -7 }, 'stock_below_reserved'],
    [{ delta: 0 }, 0],
    [{ delta: 90 }, 90],
    [{ delta: 91 }, 'stock_out_of_range'],
    [{ set: 4 }, -6],
    [{ set: 3 }, 'stock_below_reserved'],
    [{ set: 100 }, 90],
    [{ set: 101 }, 'stock_out_of_range'],
  ];
  test.each(table)('%j: %s', (amount, expected) => {
    const decision = decideAdjustment(level, amount, ON_HAND_MAX);
    expect(decision).toEqual(
      typeof expected === 'number'
        ? { kind: 'adjusted', onHandDelta: expected }
        : { kind: 'refused', code: expected },
    );
  });
});

test('units on hand stay between the reserved units and the maximum', () => {
  const units = fc.integer({ min: 0, max: ON_HAND_MAX });
  const amount = fc.oneof(
    fc.integer({ min: -150, max: 150 }).map((delta) => ({ delta })),
    units.map((set) => ({ set })),
  );
  fc.assert(
    fc.property(units, units, amount, (first, second, requested) => {
      const before = { onHand: Math.max(first, second), reserved: Math.min(first, second) };
      const wanted = 'set' in requested ? requested.set : before.onHand + requested.delta;
      const decision = decideAdjustment(before, requested, ON_HAND_MAX);
      const possible = wanted >= before.reserved && wanted <= ON_HAND_MAX;
      expect(decision.kind).toBe(possible ? 'adjusted' : 'refused');
      if (decision.kind === 'adjusted') expect(before.onHand + decision.onHandDelta).toBe(wanted);
    }),
  );
});

describe('with 10 on hand at version 7', () => {
  const current = { ...level, version: 7 };
  test.each([
    [{}, 'adjusted'],
    [{ onHand: 10 }, 'adjusted'],
    [{ versions: [7] }, 'adjusted'],
    [{ versions: [3, 7], onHand: 10 }, 'adjusted'],
    [{ onHand: 9 }, 'stock_changed'],
    [{ onHand: 0 }, 'stock_changed'],
    [{ versions: [6] }, 'precondition_failed'],
    [{ versions: [] }, 'precondition_failed'],
    [{ versions: [6], onHand: 9 }, 'precondition_failed'],
    [{ versions: [7], onHand: 9 }, 'stock_changed'],
  ] as const)('expecting %j: %s', (expected, outcome) => {
    const decision = decideAdjustment(current, { set: 12 }, ON_HAND_MAX, expected);
    expect(decision.kind === 'refused' ? decision.code : decision.kind).toBe(outcome);
  });

  test('the expected level is checked before the bounds', () => {
    const decision = decideAdjustment(current, { set: 0 }, ON_HAND_MAX, { onHand: 11 });
    expect(decision).toEqual({ kind: 'refused', code: 'stock_changed' });
  });
});
