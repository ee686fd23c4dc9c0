import { describe, expect, test } from 'vitest';
import { isFalseLapseRefusal, type LapsedOrder } from './lapse-refusals.ts';

const BUYER = { storefrontId: 'shp_1', buyerId: 'ana' };
const LINES = [
  { productId: 'prd_1', variantId: 'var_1' },
  { productId: 'prd_2', variantId: 'var_2' },
];
const MINUTE_MS = 60_000;
const toTime = (minutes: number, ms = 0) =>
  new Date(Date.UTC(2030, 0, 1) + minutes * MINUTE_MS + ms);
const expiredAt = (minutes: number): LapsedOrder => ({
  ...{ ...BUYER, lines: LINES },
  history: [
    { status: 'pending', at: toTime(minutes - 1) },
    { at: toTime(minutes - 1) },
    { status: 'expired', at: toTime(minutes) },
  ],
});
const EXPIRED = expiredAt(3);
const IDS = ['ord_1', 'ord_2', 'ord_3'];
const REFUSAL = {
  ...{ ...BUYER, lines: LINES, productId: 'prd_1', lapsedOrderIds: IDS, settledAt: toTime(4) },
};

const judge = (
  refusal: object = {},
  third: Partial<LapsedOrder> | null = {},
  confirmed: readonly LapsedOrder[] = [],
) => {
  const orders = new Map(IDS.map((id, index) => [id, expiredAt(index + 1)]));
  if (third === null) orders.delete('ord_3');
  else orders.set('ord_3', { ...EXPIRED, ...third });
  return isFalseLapseRefusal({ ...REFUSAL, ...refusal }, orders, confirmed);
};

test('three expired orders justify a refusal, even if one of them is confirmed later', () => {
  expect(judge()).toBe(false);
  const paidLater = [...EXPIRED.history, { status: 'confirmed' as const, at: toTime(5) }];
  expect(judge({}, { history: paidLater })).toBe(false);
});

test.each<[string, object, Partial<LapsedOrder> | null]>([
  ['names no orders', { lapsedOrderIds: undefined }, {}],
  ['names one order three times', { lapsedOrderIds: ['ord_1', 'ord_1', 'ord_1'] }, {}],
  ['names a product that its checkout does not contain', { lines: LINES.slice(1) }, {}],
  ['names a product that its orders do not contain', { productId: 'prd_3' }, {}],
  ['names no product', { productId: undefined }, {}],
  ['names orders of another buyer', { buyerId: 'ben' }, {}],
  ['names orders of a namesake at another storefront', { storefrontId: 'shp_2' }, {}],
  ['names an order that does not exist', {}, null],
  ['names an order that was cancelled', {}, { history: [{ status: 'cancelled', at: toTime(3) }] }],
  ['names an order without the product', {}, { lines: LINES.slice(1) }],
])('a refusal that %s is false', (_, refusal, third) => {
  expect(judge(refusal, third)).toBe(true);
});

describe('an order that was confirmed', () => {
  const confirmedAt = (at: Date, changes: Partial<LapsedOrder> = {}): LapsedOrder => ({
    ...{ ...BUYER, lines: LINES, history: [{ status: 'confirmed', at }], ...changes },
  });

  test.each<[string, LapsedOrder]>([
    ['between the first two lapses', confirmedAt(toTime(1.5))],
    ['after the last lapse', confirmedAt(toTime(3.5))],
    [
      'after the last lapse, although it is itself one of the lapses',
      { ...EXPIRED, ...confirmedAt(toTime(3.5)) },
    ],
  ])('%s contradicts the refusal', (_, order) => {
    expect(judge({}, {}, [order])).toBe(true);
  });

  test.each<[string, LapsedOrder]>([
    ['before the first lapse', confirmedAt(toTime(0.5))],
    ['after the refusal', confirmedAt(toTime(4.5))],
    ['too close to the first lapse to compare', confirmedAt(toTime(1, 5_000))],
    ['too close to the refusal to compare', confirmedAt(toTime(4, -5_000))],
    ['by another buyer', confirmedAt(toTime(2.5), { buyerId: 'ben' })],
    ['for another product', confirmedAt(toTime(2.5), { lines: LINES.slice(1) })],
    [
      'for a variant that was added later',
      confirmedAt(toTime(2.5), { lines: [{ productId: 'prd_1', variantId: 'var_3' }] }),
    ],
  ])('%s does not contradict the refusal', (_, order) => {
    expect(judge({}, {}, [order])).toBe(false);
  });
});
