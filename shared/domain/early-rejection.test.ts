import fc from 'fast-check';
import { expect, test } from 'vitest';
import { type KnownStock, rejectEarly } from './early-rejection.ts';
import type { PricedLine } from './vocabulary.ts';

const line = (variantId: string, quantity: number): PricedLine => ({
  ...{ variantId, productId: 'prd', shopId: 'shp', sku: variantId, title: 'A thing' },
  ...{ quantity, unitPrice: 100 },
});

const known = (changes: Partial<KnownStock> = {}): KnownStock => ({
  ...{ available: 1, version: 7, readAtMs: 1_000, holdsUntilMs: 90_000 },
  ...changes,
});

const now = { monotonicMs: 1_100, epochMs: 80_000 };
const checkout = { lines: [line('a', 2)], total: 200 };
const decide = (stock: KnownStock | undefined, changes: object = {}, at = now) =>
  rejectEarly({ ...checkout, ...changes }, () => stock, at);

test('a checkout that wants more units than are available is rejected, with the evidence', () => {
  expect(decide(known())).toEqual({
    ...{ code: 'out_of_stock', variantId: 'a', requested: 2, available: 1, version: 7 },
    ageMs: 100,
  });
});

test.each<[string, KnownStock | undefined]>([
  ['whose stock is not known', undefined],
  ['with enough units', known({ available: 2 })],
  ['whose known stock is too old', known({ readAtMs: now.monotonicMs - 250.01 })],
  ['whose read is in the future', known({ readAtMs: now.monotonicMs + 1 })],
  ['with a reservation that ends now', known({ holdsUntilMs: now.epochMs })],
  ['with a reservation that has ended', known({ holdsUntilMs: now.epochMs - 1 })],
])('no checkout is rejected early for a variant %s', (_, stock) => {
  expect(decide(stock)).toBeUndefined();
});

test.each([
  ['a code that does not apply', { refusedDiscount: { code: 'X', reason: 'unknown' } }],
  ['a total other than the expected one', { expectedTotal: 199 }],
])(
  'a checkout with %s is not rejected early, because settlement refuses it for that reason',
  (_, changes) => {
    expect(decide(known(), changes)).toBeUndefined();
    expect(decide(known(), { expectedTotal: 200 })).toBeDefined();
  },
);

test('the age is rounded up, so that known stock never looks younger than it is', () => {
  expect(decide(known({ readAtMs: 1_099.9 }))?.ageMs).toBe(1);
  expect(decide(known({ readAtMs: 850 }))?.ageMs).toBe(250);
});

const stock = fc.record({
  available: fc.integer({ min: -2, max: 5 }),
  version: fc.nat(100),
  readAtMs: fc.double({ min: 0, max: 2_000, noNaN: true }),
  holdsUntilMs: fc.nat(2_000),
});
const lines = fc
  .uniqueArray(fc.constantFrom('a', 'b', 'c', 'd'), { minLength: 1 })
  .chain((ids) =>
    fc.tuple(...ids.map((id) => fc.integer({ min: 1, max: 6 }).map((units) => line(id, units)))),
  );
const moment = fc.record({
  monotonicMs: fc.double({ min: 0, max: 2_000, noNaN: true }),
  epochMs: fc.nat(2_000),
});

test('a rejection is true at the version it names, and the known stock is recent enough', () => {
  fc.assert(
    fc.property(
      lines,
      fc.dictionary(fc.constantFrom('a', 'b', 'c', 'd'), stock),
      moment,
      (...[wanted, levels, at]) => {
        const rejection = rejectEarly({ lines: wanted, total: 1 }, (id) => levels[id], at);
        const blocking = wanted.filter(({ variantId, quantity }) => {
          const level = levels[variantId];
          if (level === undefined || at.epochMs >= level.holdsUntilMs) return false;
          const age = at.monotonicMs - level.readAtMs;
          return age >= 0 && age <= 250 && quantity > level.available;
        });
        const [first] = blocking;
        const level = levels[first?.variantId ?? ''];
        expect(rejection?.variantId).toBe(first?.variantId);
        expect(rejection?.version).toBe(level?.version);
        expect(rejection?.available).toBe(level?.available);
        expect(rejection?.requested).toBe(first?.quantity);
        if (rejection === undefined || level === undefined) return;
        expect(rejection.ageMs).toBeGreaterThanOrEqual(at.monotonicMs - level.readAtMs);
        expect(rejection.ageMs).toBeLessThanOrEqual(250);
      },
    ),
  );
});

test('a later read of the same stock admits no checkout that an earlier read refused', () => {
  fc.assert(
    fc.property(stock, moment, fc.double({ min: 0, max: 250, noNaN: true }), (level, at, less) => {
      const older = rejectEarly(checkout, () => level, at);
      fc.pre(older !== undefined);
      const readAtMs = Math.min(at.monotonicMs, level.readAtMs + less);
      expect(rejectEarly(checkout, () => ({ ...level, readAtMs }), at)).toBeDefined();
    }),
  );
});
