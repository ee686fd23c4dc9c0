import fc from 'fast-check';
import { expect, test } from 'vitest';
import { StockChanges } from './stock-changes.ts';
import type { StockDelta, StockLevel } from './vocabulary.ts';

function makeLevel(counters: Partial<StockLevel> = {}): StockLevel {
  const owner = { productId: 'prd_1', shopId: 'shp_1' };
  return {
    variantId: 'var_1',
    ...owner,
    onHand: 10,
    reserved: 4,
    sold: 2,
    version: 7,
    ...counters,
  };
}

const confirmOne: StockDelta = { onHand: -1, reserved: -1, sold: 1 };

test('each change increments the version, and one write covers all changes', () => {
  const changes = new StockChanges([makeLevel(), makeLevel({ variantId: 'var_2' })]);
  changes.change('var_1', confirmOne);
  const after = changes.change('var_1', { onHand: 5, reserved: 0, sold: 0 });
  expect(after).toEqual(makeLevel({ onHand: 14, reserved: 3, sold: 3, version: 9 }));
  expect(changes.get('var_1')).toEqual(after);
  expect(changes.changes()).toEqual([
    {
      variantId: 'var_1',
      fromVersion: 7,
      toVersion: 9,
      delta: { onHand: 4, reserved: -1, sold: 1 },
    },
  ]);
});

test('a change that was decided elsewhere is merged with the changes after it into one write', () => {
  const changes = new StockChanges([makeLevel()]);
  const delta = { onHand: 0, reserved: 3, sold: 0 };
  changes.apply({ variantId: 'var_1', fromVersion: 7, toVersion: 10, delta });
  expect(changes.change('var_1', confirmOne)).toMatchObject({ reserved: 6, version: 11 });
  expect(changes.changes()).toEqual([
    {
      variantId: 'var_1',
      fromVersion: 7,
      toVersion: 11,
      delta: { onHand: -1, reserved: 2, sold: 1 },
    },
  ]);
});

test('a change for another version, or to an impossible level, is not applied', () => {
  const change = { variantId: 'var_1', toVersion: 9 };
  const delta = { onHand: 0, reserved: 7, sold: 0 };
  for (const fromVersion of [6, 7]) {
    const changes = new StockChanges([makeLevel()]);
    expect(() => changes.apply({ ...change, fromVersion, delta })).toThrow(RangeError);
    expect(changes.changes()).toEqual([]);
  }
});

test('unchanged levels are not written', () => {
  expect(new StockChanges([makeLevel()]).changes()).toEqual([]);
});

test('an unknown variant has no level and cannot be changed', () => {
  const changes = new StockChanges([makeLevel()]);
  expect(changes.get('var_9')).toBeUndefined();
  expect(() => changes.change('var_9', confirmOne)).toThrow(RangeError);
});

test.each<[string, StockDelta]>([
  ['a negative number on hand', { onHand: -11, reserved: -4, sold: 0 }],
  ['a negative number reserved', { onHand: 0, reserved: -5, sold: 0 }],
  ['a negative number sold', { onHand: 0, reserved: 0, sold: -3 }],
  ['more reserved than on hand', { onHand: 0, reserved: 7, sold: 0 }],
])('a change to %s is refused, and the level stays as it was', (_, delta) => {
  const changes = new StockChanges([makeLevel()]);
  expect(() => changes.change('var_1', delta)).toThrow(RangeError);
  expect(changes.get('var_1')).toEqual(makeLevel());
  expect(changes.changes()).toEqual([]);
});

test('the write turns the original level into the level after all accepted changes', () => {
  const units = fc.integer({ min: -3, max: 3 });
  const delta = fc.record({ onHand: units, reserved: units, sold: units });
  fc.assert(
    fc.property(fc.array(delta, { maxLength: 40 }), (deltas) => {
      const before = makeLevel();
      const changes = new StockChanges([before]);
      let applied = 0;
      for (const change of deltas) {
        try {
          changes.change('var_1', change);
          applied += 1;
        } catch (error) {
          expect(error).toBeInstanceOf(RangeError);
        }
      }
      const after = changes.get('var_1') ?? before;
      const [write] = changes.changes();
      expect(after.version - before.version).toBe(applied);
      expect(write?.toVersion ?? before.version).toBe(after.version);
      expect(before.onHand + (write?.delta.onHand ?? 0)).toBe(after.onHand);
      expect(before.reserved + (write?.delta.reserved ?? 0)).toBe(after.reserved);
      expect(before.sold + (write?.delta.sold ?? 0)).toBe(after.sold);
      expect(after.reserved).toBeLessThanOrEqual(after.onHand);
      expect(Math.min(after.onHand, after.reserved, after.sold)).toBeGreaterThanOrEqual(0);
    }),
  );
});
