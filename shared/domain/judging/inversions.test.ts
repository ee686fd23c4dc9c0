import fc from 'fast-check';
import { expect, test } from 'vitest';
import { replay } from './history.ts';
import { countInversions } from './inversions.ts';
import type { RecordedChange } from './recorded-change.ts';
import type { StockRefusal } from './variant-record.ts';

function change(
  version: number,
  onHand: number,
  reserved: number,
  receivedAtMs?: number,
): RecordedChange {
  const kind = reserved > 0 ? ('reserve' as const) : ('adjust' as const);
  const common = { kind, version, onHand, reserved, sold: 0, inWindow: true };
  return receivedAtMs === undefined ? common : { ...common, receivedAtMs };
}

function count(changes: readonly RecordedChange[], refusals: readonly StockRefusal[]): number {
  return countInversions(changes, refusals, replay(changes));
}

const refusal = { version: 2, requested: 2, acceptedAtMs: 100 };
const delivery = change(1, 2, 0);

test('it is an inversion if a later checkout got the units that a checkout was refused', () => {
  expect(count([delivery, change(2, 0, 1, 101)], [refusal])).toBe(1);
});

test.each<[string, RecordedChange[], StockRefusal]>([
  [
    'the served checkout was not received after the refused checkout was accepted',
    [delivery, change(2, 0, 1, 100)],
    refusal,
  ],
  [
    'the refused checkout would not have fitted',
    [delivery, change(2, 0, 1, 101)],
    { ...refusal, requested: 3 },
  ],
  [
    'the served checkout got units that came after the refusal',
    [delivery, change(2, 0, 2, 50), change(3, 9, 0), change(4, 0, 1, 101)],
    refusal,
  ],
  ['the served checkout was of several products', [delivery, change(2, 0, 1)], refusal],
  [
    'the refused checkout was of several products',
    [delivery, change(2, 0, 1, 101)],
    { version: 2, requested: 2 },
  ],
])('there is no inversion if %s', (_, changes, refused) => {
  expect(count(changes, [refused])).toBe(0);
});

test('each refusal counts once, however many checkouts overtook it', () => {
  const changes = [change(1, 9, 0), change(2, 0, 4, 200), change(3, 0, 4, 201)];
  const refused = { version: 3, requested: 2, acceptedAtMs: 100 };
  expect(count(changes, [refused, refused])).toBe(2);
});

test('the count is the same as when all pairs are compared', () => {
  const changes = fc
    .array(fc.tuple(fc.integer({ min: -4, max: 4 }), fc.option(fc.nat(60))), { maxLength: 40 })
    .map((rows) =>
      rows.map(([gain, at], index) =>
        gain >= 0 ? change(index + 1, gain, 0) : change(index + 1, 0, -gain, at ?? undefined),
      ),
    );
  const refusals = fc.array(
    fc.record({
      version: fc.nat(45),
      requested: fc.integer({ min: 1, max: 6 }),
      acceptedAtMs: fc.nat(60),
    }),
    { maxLength: 20 },
  );
  fc.assert(
    fc.property(changes, refusals, (anyChanges, refused) => {
      const { availableAt } = replay(anyChanges);
      const overtaken = refused.filter(
        ({ version: atVersion, requested, acceptedAtMs }) =>
          availableAt[atVersion] !== undefined &&
          anyChanges.some(
            ({ version, receivedAtMs }) =>
              receivedAtMs !== undefined &&
              version <= atVersion &&
              (availableAt[version - 1] ?? 0) >= requested &&
              receivedAtMs > acceptedAtMs,
          ),
      );
      expect(count(anyChanges, refused)).toBe(overtaken.length);
    }),
    { numRuns: 500 },
  );
});
