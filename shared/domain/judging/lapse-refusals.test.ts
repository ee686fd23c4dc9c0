import { expect, test } from 'vitest';
import { isFalseLapseRefusal, type LapsedOrder } from './lapse-refusals.ts';

const BUYER = { storefrontId: 'shp_1', buyerId: 'ana' };
const LINES = [{ productId: 'prd_1' }, { productId: 'prd_2' }];
const EXPIRED: LapsedOrder = {
  ...{ ...BUYER, lines: LINES },
  history: [{ status: 'pending' }, {}, { status: 'expired' }],
};
const IDS = ['ord_1', 'ord_2', 'ord_3'];
const REFUSAL = { ...BUYER, lines: LINES, productId: 'prd_1', lapsedOrderIds: IDS };

const judge = (refusal: object = {}, third: Partial<LapsedOrder> | null = {}) => {
  const orders = new Map(IDS.map((id) => [id, EXPIRED]));
  if (third === null) orders.delete('ord_3');
  else orders.set('ord_3', { ...EXPIRED, ...third });
  return isFalseLapseRefusal({ ...REFUSAL, ...refusal }, orders);
};

test('three expired orders of the buyer justify a refusal, whatever happened to them later', () => {
  expect(judge()).toBe(false);
  const paidLater = [...EXPIRED.history, { status: 'confirmed' as const }];
  expect(judge({}, { history: paidLater })).toBe(false);
});

test.each<[string, object, Partial<LapsedOrder> | null]>([
  ['names no orders', { lapsedOrderIds: undefined }, {}],
  ['names one order three times', { lapsedOrderIds: ['ord_1', 'ord_1', 'ord_1'] }, {}],
  ['names a product that it does not want', { productId: 'prd_3' }, {}],
  ['names no product', { productId: undefined }, {}],
  ['is of another buyer', { buyerId: 'ben' }, {}],
  ['is of a namesake at another storefront', { storefrontId: 'shp_2' }, {}],
  ['names an order that does not exist', {}, null],
  ['names an order that was cancelled', {}, { history: [{ status: 'cancelled' }] }],
  ['names an order without the product', {}, { lines: [{ productId: 'prd_2' }] }],
])('a refusal that %s is false', (_, refusal, third) => {
  expect(judge(refusal, third)).toBe(true);
});
