import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { judgeVariant } from './judge-variant.ts';
import { driftingCorruptions } from './testing/corruptions.ts';
import { anyHistory, simulate } from './testing/simulated-shop.ts';
import type { VariantRecord } from './variant-record.ts';

const SOUND = { oversold: 0, undersold: 0, inversions: 0, differences: [] };

/** Creates a record whose `changes` are consistent with stock and orders. */
function createRecord(...units: readonly [onHand: number, reserved: number][]): VariantRecord {
  const changes = units.map(([onHand, reserved], index) => {
    const kind = reserved > 0 ? 'reserve' : reserved < 0 ? 'expire' : 'adjust';
    return { kind, version: index + 1, onHand, reserved, sold: 0, inWindow: true } as const;
  });
  const onHand = changes.reduce((sum, change) => sum + change.onHand, 0);
  const reserved = changes.reduce((sum, change) => sum + change.reserved, 0);
  const stored = { onHand, reserved, sold: 0, version: units.length };
  return { variantId: 'v', stored, changes, held: { reserved, sold: 0 }, refusals: [] };
}

test('a record that only real decisions have changed is always consistent', () => {
  fc.assert(
    fc.property(anyHistory, (history) => {
      for (const record of simulate(history)) expect(judgeVariant(record)).toEqual(SOUND);
    }),
    { numRuns: 300 },
  );
});

describe('every kind of damage to the record is found', () => {
  test.each(Object.entries(driftingCorruptions))('%s', (_, corruptions) => {
    let damaged = 0;
    fc.assert(
      fc.property(anyHistory, corruptions, (history, corrupt) => {
        for (const record of simulate(history)) {
          const corrupted = corrupt(record);
          if (corrupted === undefined) continue;
          damaged += 1;
          expect(judgeVariant(corrupted).differences).not.toEqual([]);
        }
      }),
      { numRuns: 200 },
    );
    expect(damaged).toBeGreaterThan(50);
  });
});

describe('a confirmation that does not reduce the units on hand', () => {
  const confirm = (version: number) =>
    ({ kind: 'confirm', version, onHand: 0, reserved: -2, sold: 2, inWindow: true }) as const;

  test('is found, and so is every unit that was sold twice because of it', () => {
    const sales = Array.from({ length: 5 }, (_, sale) => {
      const version = 2 + 2 * sale;
      const delta = { onHand: 0, reserved: 2, sold: 0 };
      const reserve = { kind: 'reserve', version, ...delta, inWindow: true } as const;
      return [reserve, confirm(version + 1)];
    });
    const { changes } = createRecord([2, 0]);
    const { oversold, differences } = judgeVariant({
      variantId: 'v',
      stored: { onHand: 2, reserved: 0, sold: 10, version: 11 },
      changes: [...changes, ...sales.flat()],
      held: { reserved: 0, sold: 10 },
      refusals: [],
    });
    expect(oversold).toBe(8);
    expect(differences).toContainEqual({
      variantId: 'v',
      kind: 'counter',
      counter: 'onHand',
      stored: 2,
      expected: -8,
    });
    const shapes = [3, 5, 7, 9, 11].map((version) => {
      return { variantId: 'v', kind: 'change_shape', version, change: 'confirm' };
    });
    expect(differences.filter(({ kind }) => kind === 'change_shape')).toEqual(shapes);
  });

  test('causes refusals that are not counted as false', () => {
    const record = createRecord([2, 0], [0, 2]);
    const judged = judgeVariant({
      ...record,
      stored: { onHand: 2, reserved: 0, sold: 2, version: 3 },
      changes: [...record.changes, confirm(3)],
      held: { reserved: 0, sold: 2 },
      refusals: [{ version: 3, requested: 1 }],
    });
    expect(judged).toMatchObject({ oversold: 0, undersold: 0 });
  });
});

describe('a refusal', () => {
  const sound = createRecord([5, 0], [0, 3], [0, 2]);
  test.each([
    ['is false if its version left enough units', 2, 2, 1],
    ['is true if its version left too few units', 2, 3, 0],
    ['is true if its version left no units', 3, 1, 0],
    ['is false if its version does not exist yet', 4, 1, 1],
    ['is false if it names no version', Number.NaN, 1, 1],
    ['is false if its version is not a whole number', 1.5, 1, 1],
    ['is true if no units had been delivered', 0, 1, 0],
  ])('%s', (_, version, requested, undersold) => {
    const record = { ...sound, refusals: [{ version, requested }] };
    expect(judgeVariant(record)).toEqual({ ...SOUND, undersold });
  });

  test('is not false if an earlier version is missing: the available units are unknown', () => {
    const changes = sound.changes.filter((change) => change.version !== 2);
    const refusals = [{ version: 3, requested: 1 }];
    expect(judgeVariant({ ...sound, changes, refusals }).undersold).toBe(0);
  });

  test('is false once it is edited to request only the units that were available', () => {
    fc.assert(
      fc.property(anyHistory, (history) => {
        for (const record of simulate(history)) {
          const [first, ...others] = record.refusals;
          const left = countAvailable(record, first?.version);
          if (first === undefined || left < 1) continue;
          const refusals = [{ ...first, requested: left }, ...others];
          expect(judgeVariant({ ...record, refusals }).undersold).toBe(1);
        }
      }),
    );
  });
});

function countAvailable(record: VariantRecord, version = 0): number {
  return record.changes
    .filter((change) => change.version <= version)
    .reduce((left, change) => left + change.onHand - change.reserved, 0);
}

describe('units beyond stock are counted', () => {
  test.each<[string, [number, number][], number]>([
    [
      'once each',
      [
        [2, 0],
        [0, 2],
        [0, 3],
      ],
      3,
    ],
    [
      'again if they are released and promised again',
      [
        [1, 0],
        [0, 2],
        [0, -2],
        [0, 2],
      ],
      2,
    ],
    [
      'but not the units of the same reservation that are in stock',
      [
        [4, 0],
        [0, 5],
      ],
      1,
    ],
    [
      'when stock is reduced below the promised units',
      [
        [4, 0],
        [0, 4],
        [-1, 0],
      ],
      1,
    ],
    [
      'not if exactly all units are promised',
      [
        [4, 0],
        [0, 4],
      ],
      0,
    ],
  ])('%s', (_, units, oversold) => {
    expect(judgeVariant(createRecord(...units))).toEqual({ ...SOUND, oversold });
  });

  test('only in the window', () => {
    const record = createRecord([1, 0], [0, 2], [0, 2]);
    const changes = record.changes.map((change) => ({ ...change, inWindow: change.version === 3 }));
    expect(judgeVariant({ ...record, changes }).oversold).toBe(2);
  });

  test('also if two changes made the same version', () => {
    const record = createRecord([1, 0], [0, 1]);
    const [, sale] = record.changes;
    const changes = [...record.changes, ...(sale ? [sale] : [])];
    const { oversold, differences } = judgeVariant({ ...record, changes });
    expect(oversold).toBe(1);
    expect(differences.map((difference) => difference.kind)).toContain('version_clash');
  });
});

test('each difference is reported once, with the stored and the expected value', () => {
  const record = createRecord([5, 0], [0, 3], [0, 2]);
  const { stored = { onHand: 0, reserved: 0, sold: 0, version: 0 } } = record;
  const damaged = { ...record, stored: { ...stored, onHand: 7 }, held: { reserved: 5, sold: 1 } };
  expect(judgeVariant(damaged).differences).toEqual([
    { variantId: 'v', kind: 'counter', counter: 'onHand', stored: 7, expected: 4 },
    { variantId: 'v', kind: 'counter', counter: 'sold', stored: 0, expected: 1 },
  ]);
});

test('a gap in the history is reported as one range', () => {
  const record = createRecord([5, 0], [0, 1], [0, 1], [0, 1]);
  const changes = record.changes.filter((change) => change.version === 1 || change.version === 4);
  expect(judgeVariant({ ...record, changes }).differences).toEqual([
    { variantId: 'v', kind: 'version_gap', from: 2, to: 3 },
  ]);
});
