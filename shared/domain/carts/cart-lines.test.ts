import fc from 'fast-check';
import { expect, test } from 'vitest';
import { RefusedError } from '../errors.ts';
import { mergeLines } from '../lines.ts';
import type { Offer } from '../offers.ts';
import { acknowledge, type CartContent, type LineWrite, writeLine } from './cart-lines.ts';

const BOUNDS = { linesMax: 5, quantityMax: 1_000 };
const EMPTY: CartContent = { lines: [] };

const createOffer = (variantId: string, changes: Partial<Offer> = {}): Offer => ({
  ...{ variantId, productId: `prd of ${variantId}`, shopId: 'shp', sku: `SKU ${variantId}` },
  ...{ title: `A ${variantId}`, unitPrice: 100, currency: 'GBP', isPublished: true },
  ...changes,
});

const write = (
  content: CartContent,
  change: LineWrite,
  offer: Offer | undefined = createOffer(change.variantId),
  path = '',
) => writeLine(content, change, offer, { bounds: BOUNDS, path });

const set = (variantId: string, quantity: number): LineWrite => ({
  ...{ mode: 'set', variantId, quantity },
});
const add = (variantId: string, quantity: number): LineWrite => ({
  ...{ mode: 'add', variantId, quantity },
});
const countUnits = ({ lines }: { lines: readonly { variantId: string; quantity: number }[] }) =>
  Object.fromEntries(lines.map(({ variantId, quantity }) => [variantId, quantity]));

test('setting a line to its own quantity changes only a new price, title or SKU', () => {
  const cart = write(write(EMPTY, set('a', 2)), set('b', 1));
  expect(write(cart, set('a', 2))).toBe(cart);
  for (const changes of [{ unitPrice: 101 }, { title: 'New' }, { sku: 'NEW' }]) {
    const { lines } = write(cart, set('a', 2), createOffer('a', changes));
    expect(lines).toMatchObject([{ variantId: 'a', quantity: 2, ...changes }, { variantId: 'b' }]);
  }
});

test('a line can be added, increased, set and removed; an empty cart has no currency', () => {
  let cart = write(EMPTY, add('a', 2));
  cart = write(cart, add('b', 1));
  cart = write(cart, add('a', 3));
  expect(countUnits(cart)).toEqual({ a: 5, b: 1 });
  cart = write(cart, set('a', 2));
  expect(cart).toMatchObject({ currency: 'GBP', lines: [{ variantId: 'a', quantity: 2 }, {}] });
  cart = write(write(cart, set('a', 0), undefined), set('b', 0), undefined);
  expect(cart).toEqual({ lines: [] });
});

test('removing a missing line changes nothing', () => {
  const cart = write(EMPTY, set('a', 1));
  expect(write(cart, set('b', 0), undefined)).toBe(cart);
});

const two = write(write(EMPTY, set('a', 1)), set('b', 1));
const full = ['c', 'd', 'e'].reduce((cart, id) => write(cart, set(id, 1)), two);

test.each<[string, CartContent, LineWrite, Offer | undefined, string, string]>([
  ['an unknown variant', two, set('c', 1), undefined, 'unknown_variant', 'variantId'],
  [
    'an offer that is not for sale',
    two,
    set('a', 2),
    createOffer('a', { isPublished: false }),
    'product_unpublished',
    'variantId',
  ],
  [
    'another currency',
    two,
    set('c', 1),
    createOffer('c', { currency: 'EUR' }),
    'currency_mismatch',
    'variantId',
  ],
  ['a sixth line', full, set('f', 1), createOffer('f'), 'cart_full', 'variantId'],
  [
    'a sum of too many units',
    two,
    add('a', 1_000),
    createOffer('a'),
    'invalid_request',
    'quantity',
  ],
  [
    'a sum of units that the rule does not allow',
    two,
    add('a', 2),
    createOffer('a', { quantityRule: { max: 2 } }),
    'quantity_not_allowed',
    'quantity',
  ],
])('%s is refused', (_, cart, change, offer, code, path) => {
  const act = () => writeLine(cart, change, offer, { bounds: BOUNDS, path: 'lines.7.' });
  expect(act).toThrow(RefusedError);
  try {
    act();
  } catch (error) {
    expect(error).toMatchObject({ code, fields: [{ path: `lines.7.${path}` }] });
  }
});

test('a full cart accepts more units of its lines, and an emptied cart accepts another currency', () => {
  expect(countUnits(write(full, add('e', 4)))).toMatchObject({ e: 5 });
  const single = write(EMPTY, set('a', 1));
  const emptied = write(single, set('a', 0), undefined);
  expect(write(emptied, set('c', 1), createOffer('c', { currency: 'EUR' })).currency).toBe('EUR');
});

test('a cart filled line by line, in any order, holds the merged lines', () => {
  const line = fc.record({
    variantId: fc.constantFrom('a', 'b', 'c', 'd', 'e'),
    quantity: fc.integer({ min: 1, max: 10 }),
  });
  fc.assert(
    fc.property(fc.array(line, { maxLength: 40 }), (lines) => {
      let cart = EMPTY;
      for (const { variantId, quantity } of lines) cart = write(cart, add(variantId, quantity));
      const merged = mergeLines(lines);
      expect(countUnits(cart)).toEqual(countUnits({ lines: merged }));
      expect(cart.lines.map((cartLine) => cartLine.variantId)).toEqual(
        merged.map((cartLine) => cartLine.variantId),
      );
    }),
  );
});

test('after any write a cart keeps its bounds, and the earlier content stays unchanged', () => {
  const change = fc.record({
    mode: fc.constantFrom('set' as const, 'add' as const),
    variantId: fc.constantFrom('a', 'b', 'c', 'd', 'e', 'f', 'g'),
    quantity: fc.integer({ min: 0, max: 600 }),
  });
  const rule = { min: 2, step: 2 };
  fc.assert(
    fc.property(fc.array(change, { maxLength: 60 }), (changes) => {
      let cart = EMPTY;
      for (const lineWrite of changes) {
        const before = structuredClone(cart);
        let after = cart;
        try {
          after = write(cart, lineWrite, createOffer(lineWrite.variantId, { quantityRule: rule }));
        } catch (error) {
          expect(error).toBeInstanceOf(RefusedError);
        }
        expect(cart).toEqual(before);
        cart = after;
        expect(cart.lines.length).toBeLessThanOrEqual(BOUNDS.linesMax);
        expect(new Set(cart.lines.map((line) => line.variantId)).size).toBe(cart.lines.length);
        expect(cart.lines.every(({ quantity }) => quantity % 2 === 0 && quantity > 0)).toBe(true);
        expect(cart.lines.every(({ quantity }) => quantity <= BOUNDS.quantityMax)).toBe(true);
        expect(cart.currency).toBe(cart.lines.length === 0 ? undefined : 'GBP');
      }
    }),
  );
});

test('acknowledging updates the prices only of lines that can be bought', () => {
  const offers = new Map([
    ['a', createOffer('a', { unitPrice: 120, title: 'A new a' })],
    ['b', createOffer('b', { unitPrice: 130, isPublished: false })],
  ]);
  const acknowledged = acknowledge(two, offers);
  expect(acknowledged.lines).toMatchObject([
    { variantId: 'a', unitPrice: 120, title: 'A new a', quantity: 1 },
    { variantId: 'b', unitPrice: 100 },
  ]);
  expect(acknowledge(acknowledged, offers)).toBe(acknowledged);
});

test('a cart above the largest total is refused; removing units is never refused', () => {
  const bounds = { linesMax: 5, quantityMax: 1_000_000 };
  const createExpensive = (variantId: string) => createOffer(variantId, { unitPrice: 100_000_000 });
  const put = (content: CartContent, variantId: string, quantity: number) =>
    writeLine(content, set(variantId, quantity), createExpensive(variantId), {
      bounds,
      path: 'lines.0.',
    });
  const tooLarge = expect.objectContaining({
    code: 'amount_too_large',
    fields: [{ path: 'lines.0.quantity', message: expect.any(String) }],
  });
  expect(() => put(EMPTY, 'a', 1_000_000)).toThrow(tooLarge);
  const full = put(EMPTY, 'a', 10_000);
  expect(() => put(full, 'a', 10_001)).toThrow(tooLarge);
  expect(() => put(full, 'b', 1)).toThrow(tooLarge);
  expect(countUnits(put(put(full, 'a', 9_999), 'b', 1))).toEqual({ a: 9_999, b: 1 });
  // The price has risen since the buyer saw it, so the cart already exceeds the maximum.
  const risen: CartContent = {
    lines: full.lines.map((line) => ({ ...line, unitPrice: 1, quantity: 20_000 })),
    currency: 'GBP',
  };
  expect(countUnits(put(risen, 'a', 19_999))).toEqual({ a: 19_999 });
  expect(() => put(risen, 'a', 20_001)).toThrow(tooLarge);
});
