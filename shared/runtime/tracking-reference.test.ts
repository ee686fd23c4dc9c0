import fc from 'fast-check';
import { expect, test } from 'vitest';
import { isOwnTrackingReference } from '../domain/tracking-reference.ts';
import { newId, toOrderId, toTrackingReference } from './ids.ts';

const IDS = 200_000;

test('a reference follows from the id, is short, and has no ambiguous characters', () => {
  const id = toOrderId(newId('chk'), newId('shp'));
  expect(toTrackingReference(id)).toBe(toTrackingReference(id));
  expect(toTrackingReference(id)).toMatch(/^LU(-[0-9A-HJKMNP-TV-Z]{5}){4}$/);
  expect(isOwnTrackingReference(toTrackingReference(id))).toBe(true);
});

test(`${IDS} orders have ${IDS} references, also those of one checkout and of one shop`, () => {
  const shops = Array.from({ length: 20 }, () => newId('shp'));
  const references = new Set<string>();
  for (let made = 0; made < IDS; made += shops.length) {
    const checkoutId = newId('chk');
    for (const shopId of shops) references.add(toTrackingReference(toOrderId(checkoutId, shopId)));
  }
  expect(references.size).toBe(IDS);
});

test('two ids have the same reference exactly when they are the same', () => {
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

test('each bit of a reference differs between consecutive ids in half of the cases', () => {
  const flips = Array.from({ length: 20 }, () => 0);
  const pairs = 2_000;
  for (let n = 0; n < pairs; n += 1) {
    const [one, next] = [`ord_${n}`, `ord_${n + 1}`].map((id) =>
      toTrackingReference(id).replaceAll('-', '').slice(2),
    );
    flips.forEach((_, at) => {
      if (one?.[at] !== next?.[at]) flips[at] = (flips[at] ?? 0) + 1;
    });
  }
  // 31 of 32 symbols differ by chance; a symbol that did not take part would show.
  for (const count of flips) expect(count / pairs).toBeGreaterThan(0.9);
});
