import fc from 'fast-check';
import { expect, test } from 'vitest';
import { isOwnTrackingReference } from '../domain/tracking-reference.ts';
import { newId, toOrderId, toTrackingReference } from './ids.ts';

const IDS = 200_000;

test('a reference depends only on the order’s id, is short, and has no ambiguous characters', () => {
  const id = toOrderId(newId('chk'), newId('shp'));
  expect(toTrackingReference(id)).toBe(toTrackingReference(id));
  expect(toTrackingReference(id)).toMatch(/^LU(-[0-9A-HJKMNP-TV-Z]{5}){4}$/);
  expect(isOwnTrackingReference(toTrackingReference(id))).toBe(true);
});

test(`${IDS} orders have ${IDS} different references, even within one checkout and one shop`, () => {
  const shops = Array.from({ length: 20 }, () => newId('shp'));
  const references = new Set<string>();
  for (let count = 0; count < IDS; count += shops.length) {
    const checkoutId = newId('chk');
    for (const shopId of shops) references.add(toTrackingReference(toOrderId(checkoutId, shopId)));
  }
  expect(references.size).toBe(IDS);
});

test('different ids have different references', () => {
  const symbol = fc.constantFrom(...'0123456789ABCDEFGHJKMNPQRSTVWXYZ');
  const id = fc
    .array(symbol, { minLength: 1, maxLength: 3 })
    .map((parts) => `ord_${parts.join('')}`);
  fc.assert(
    fc.property(fc.uniqueArray(id, { maxLength: 200 }), (ids) => {
      expect(new Set(ids.map(toTrackingReference)).size).toBe(ids.length);
    }),
    { numRuns: 100 },
  );
});

test('each symbol of a reference almost always differs between consecutive ids', () => {
  const differences = Array.from({ length: 20 }, () => 0);
  const pairs = 2_000;
  for (let n = 0; n < pairs; n += 1) {
    const [first, second] = [`ord_${n}`, `ord_${n + 1}`].map((id) =>
      toTrackingReference(id).replaceAll('-', '').slice(2),
    );
    differences.forEach((_, at) => {
      if (first?.[at] !== second?.[at]) differences[at] = (differences[at] ?? 0) + 1;
    });
  }
  // By chance 31 of 32 differ. A symbol that ignores part of the id would differ less often.
  for (const count of differences) expect(count / pairs).toBeGreaterThan(0.9);
});
