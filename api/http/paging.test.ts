import { z } from '@hono/zod-openapi';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { newId } from '../../shared/runtime/ids.ts';
import {
  cursorAfterPlace,
  idFromCursor,
  listTiedTo,
  pageFrom,
  pageQuery,
  placeFromCursor,
} from './paging.ts';
import { validate } from './validate.ts';

const LIST = 'orders';
const query = z.object(pageQuery);

/** Reads a page as the stores do: newest first, with one item more than the page shows. */
function readPage(items: readonly { readonly _id: string }[], limit: number, cursor?: string) {
  const after = idFromCursor(LIST, cursor);
  const page = items
    .filter(({ _id }) => after === undefined || _id < after)
    .sort((a, b) => (a._id < b._id ? 1 : -1))
    .slice(0, limit + 1);
  return pageFrom(LIST, page, limit, ({ _id }) => _id);
}

function createItems(count: number) {
  return Array.from({ length: count }, () => ({ _id: newId('ord') }));
}

test('pages show every item once, in order, even if newer items are added meanwhile', () => {
  const insertions = fc.array(fc.nat({ max: 5 }), { minLength: 1, maxLength: 10 });
  fc.assert(
    fc.property(
      fc.nat({ max: 60 }),
      fc.integer({ min: 1, max: 20 }),
      insertions,
      (count, limit, added) => {
        const items = createItems(count);
        const expected = items.map(({ _id }) => _id).reverse();
        const seen: string[] = [];
        let cursor: string | undefined;
        for (let page = 0; ; page += 1) {
          const { items: shown, nextCursor } = readPage(items, limit, cursor);
          expect(shown.length).toBeLessThanOrEqual(limit);
          seen.push(...shown);
          if (nextCursor === null) break;
          expect(shown).toHaveLength(limit);
          cursor = nextCursor;
          items.push(...createItems(added[page % added.length] ?? 0));
        }
        expect(seen).toEqual(expected);
      },
    ),
    { numRuns: 300 },
  );
});

test('a full last page has no next page, and neither has an empty list', () => {
  const page = readPage(createItems(20), 20);
  expect(page.items).toHaveLength(20);
  expect(page.nextCursor).toBeNull();
  expect(readPage([], 20)).toEqual({ items: [], nextCursor: null });
});

test('a cursor is valid only for its own list', () => {
  const cursor = cursorAfterPlace(LIST, ['ord_1']);
  expect(cursor).toMatch(/^[\w-]+$/);
  expect(idFromCursor(LIST, cursor)).toBe('ord_1');
  expect(idFromCursor(LIST, undefined)).toBeUndefined();
  expect(() => idFromCursor('products', cursor)).toThrow();
});

test.each([
  'ord_1',
  '!',
  encoded('nothing'),
  encoded('null'),
  encoded('["orders"]'),
  encoded('["orders",{"$gt":""}]'),
  encoded('["orders","a","b"]'),
  encoded('{"0":"orders","1":"a"}'),
])('%s is refused as a cursor', (cursor) => {
  expect(() => idFromCursor(LIST, cursor)).toThrow(
    expect.objectContaining({
      code: 'invalid_request',
      fields: [expect.objectContaining({ path: 'cursor' })],
    }),
  );
});

test('a cursor returns the sort keys unchanged', () => {
  const key = fc.oneof(
    fc.string({ unit: 'grapheme' }),
    fc.double({ noNaN: true, noDefaultInfinity: true }).map((number) => number + 0),
  );
  fc.assert(
    fc.property(fc.array(key, { minLength: 1, maxLength: 4 }), (place) => {
      const kinds = place.map((sortKey) => (typeof sortKey === 'string' ? 'string' : 'number'));
      const cursor = cursorAfterPlace(LIST, place);
      expect(cursor).toMatch(/^[\w-]+$/);
      expect(placeFromCursor(LIST, kinds, cursor)).toEqual(place);
    }),
    { numRuns: 500 },
  );
  expect(placeFromCursor(LIST, ['string'], undefined)).toBeUndefined();
});

test.each([
  ['of another list', cursorAfterPlace('products', [3, 'prd_1'])],
  ['of another sort order', cursorAfterPlace(LIST, ['a', 'prd_1'])],
  ['with fewer keys', cursorAfterPlace(LIST, [3])],
  ['with more keys', cursorAfterPlace(LIST, [3, 'prd_1', 'x'])],
  ['without a list name', encoded('[]')],
  ['with a query operator as a key', encoded('["orders",{"$gt":""},"prd_1"]')],
  ['with null as a key', encoded('["orders",null,"prd_1"]')],
  ['with infinity as a key', encoded('["orders",1e999,"prd_1"]')],
])('for a list sorted by a number and an id, a cursor %s is refused', (_, cursor) => {
  expect(() => placeFromCursor(LIST, ['number', 'string'], cursor)).toThrow(
    expect.objectContaining({
      code: 'invalid_request',
      fields: [expect.objectContaining({ path: 'cursor' })],
    }),
  );
});

test('the name of a list depends on its query parameters, but not on their order', () => {
  const parameters = { sort: 'title', q: 'red', type: undefined };
  const list = listTiedTo(LIST, parameters);
  expect(listTiedTo(LIST, { q: 'red', sort: 'title' })).toBe(list);
  const others = [{ ...parameters, q: 'Red' }, { ...parameters, type: 'x' }, { sort: 'title' }, {}];
  const names = [
    list,
    listTiedTo('products', parameters),
    ...others.map((other) => listTiedTo(LIST, other)),
  ];
  expect(new Set(names).size).toBe(names.length);
});

test.each([
  [{}, 20],
  [{ limit: '1' }, 1],
  [{ limit: '100' }, 100],
])('the query %o has a limit of %i items', (input, limit) => {
  expect(validate(query, input).limit).toBe(limit);
});

test.each([
  '0',
  '101',
  '-1',
  '1.5',
  'many',
  '',
  'Infinity',
  '1e1',
  '0x10',
  ' 5',
  '5.0',
  '+5',
  '9'.repeat(16),
])('limit=%s is refused', (limit) => {
  expect(() => validate(query, { limit })).toThrow('limit');
});

function encoded(text: string): string {
  return Buffer.from(text).toString('base64url');
}
