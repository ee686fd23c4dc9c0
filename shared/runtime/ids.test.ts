import fc from 'fast-check';
import { expect, test } from 'vitest';
import { idFrom, lowestIdAt, newId, toOrderId } from './ids.ts';

const IDS = 20_000;
const ULID = /^[0-9A-HJKMNP-TV-Z]{26}$/;

test('an id is its prefix and a ULID', () => {
  const id = newId('chk');
  expect(id.slice(0, 4)).toBe('chk_');
  expect(id.slice(4)).toMatch(ULID);
});

test('ids of one process are unique and sort by creation, even within a millisecond', () => {
  const ids = Array.from({ length: IDS }, () => newId('mov'));
  expect(new Set(ids).size).toBe(IDS);
  expect([...ids].sort()).toEqual(ids);
});

test('two processes that create ids at the same time never create the same id', async () => {
  // Node loads a module again for each query of its URL.
  const url = new URL('./ids.ts?other', import.meta.url);
  const other: typeof import('./ids.ts') = await import(url.href);
  expect(other.newId).not.toBe(newId);
  const ids = Array.from({ length: IDS }, (_, n) =>
    n % 2 === 0 ? newId('evt') : other.newId('evt'),
  );
  expect(new Set(ids).size).toBe(IDS);
});

test('an id is not below lowestIdAt of its own time, and is below lowestIdAt of a later time', () => {
  const before = new Date();
  const id = newId('ord');
  const after = new Date(Date.now() + 1);
  expect(id >= lowestIdAt('ord', before)).toBe(true);
  expect(id < lowestIdAt('ord', after)).toBe(true);
});

test('lowest ids sort by time and are as long as other ids', () => {
  const time = fc.integer({ min: 0, max: 2 ** 48 - 1 });
  fc.assert(
    fc.property(time, time, (firstMs, secondMs) => {
      const [first, second] = [
        lowestIdAt('chk', new Date(firstMs)),
        lowestIdAt('chk', new Date(secondMs)),
      ];
      expect(first.slice(4)).toMatch(ULID);
      expect(Math.sign(firstMs - secondMs)).toBe(first === second ? 0 : first < second ? -1 : 1);
    }),
    { numRuns: 500 },
  );
});

test('checkout and shop determine the order’s id', () => {
  const [checkout, otherCheckout] = [newId('chk'), newId('chk')];
  const [shop, otherShop] = [newId('shp'), newId('shp')];
  expect(toOrderId(checkout, shop)).toBe(toOrderId(checkout, shop));
  const ids = [checkout, otherCheckout].flatMap((checkoutId) =>
    [shop, otherShop].map((shopId) => toOrderId(checkoutId, shopId)),
  );
  expect(new Set(ids).size).toBe(4);
  for (const id of ids) expect(id).toMatch(/^ord_[0-9A-Z]{52}$/);
});

test('a text determines the id derived from it, which has the form of other ids', () => {
  const texts = fc.uniqueArray(fc.string(), { maxLength: 100 });
  fc.assert(
    fc.property(texts, (sources) => {
      const ids = sources.map((text) => idFrom('mov', text));
      expect(new Set(ids).size).toBe(sources.length);
      for (const id of ids) expect(id.slice(4)).toMatch(ULID);
      expect(sources.map((text) => idFrom('mov', text))).toEqual(ids);
    }),
    { numRuns: 100 },
  );
});

test('before 1970 the lowest id is the lowest of all', () => {
  const ancient = lowestIdAt('chk', new Date('0001-01-01T00:00:00Z'));
  expect(ancient).toBe(lowestIdAt('chk', new Date(0)));
  expect(ancient < newId('chk')).toBe(true);
});
