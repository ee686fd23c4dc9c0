import { afterAll, beforeAll, expect, test } from 'vitest';
import { testNamespace } from '../../shared/testing/harness.ts';
import { discountRequest, givenDiscount } from '../testing/requests.ts';
import { startTestApi, type TestApi } from '../testing/start-test-api.ts';
import { type CodeShops, openCodeShops, uniqueCode } from './testing/code-shops.ts';

interface ShownOrder {
  readonly lines: readonly { variantId: string; discount?: number }[];
  readonly subtotal: number;
  readonly discount: number;
  readonly total: number;
  readonly discounts?: readonly { code: string; amount: number }[];
}

const namespace = testNamespace();
let api: TestApi;
let shops: CodeShops;

beforeAll(async () => {
  api = await startTestApi(namespace);
  shops = await openCodeShops(api);
});
afterAll(() => api.close());

test('a code lowers the totals of the 202, the checkout and the order', async () => {
  const { code } = await givenDiscount(api.shopA, { value: 10 });
  const { accepted, body } = await shops.checkOut([code.toLowerCase()], [shops.shirt, shops.sock]);
  const { shopId } = api.shopA;
  const amounts = {
    subtotal: 1_333,
    discount: 133,
    total: 1_200,
    discounts: [{ code, shopId, amount: 133 }],
  };
  expect(accepted).toMatchObject({ status: 'queued', ...amounts });
  expect(body).toMatchObject({ status: 'placed', ...amounts, orders: [{ shopId, total: 1_200 }] });
  const order = await api.shopA.get<ShownOrder>(`/v1/orders/${body.orders[0]?.id}`);
  expect(order.body).toMatchObject({
    subtotal: 1_333,
    discount: 133,
    total: 1_200,
    discounts: [{ code, amount: 133 }],
    lines: [
      { variantId: shops.shirt.variantId, discount: 100 },
      { variantId: shops.sock.variantId, discount: 33 },
    ],
  });
  expect(await shops.readUses(code)).toBe(1);
});

test('without codes, a checkout has neither subtotal nor discounts, and its order has a discount of 0', async () => {
  for (const codes of [undefined, []]) {
    const accepted = await shops.post(codes);
    const body = await shops.settle(accepted.body);
    const order = await api.shopA.get<ShownOrder>(`/v1/orders/${body.orders[0]?.id}`);
    for (const answer of [accepted.body, body]) {
      expect(Object.keys(answer)).not.toContain('discounts');
      expect(Object.keys(answer)).not.toContain('subtotal');
      expect(answer.total).toBe(1_000);
    }
    expect(order.body).toMatchObject({ discount: 0, total: 1_000 });
    expect(order.body).not.toHaveProperty('discounts');
    expect(order.body.lines[0]).not.toHaveProperty('discount');
  }
});

test('a fixed amount above the subtotal lowers the total to zero', async () => {
  const { code } = await givenDiscount(api.shopA, { kind: 'fixed', value: 1_000_000 });
  const { body } = await shops.checkOut([code], [shops.shirt, shops.sock, shops.hatOfB]);
  expect(body).toMatchObject({ status: 'placed', subtotal: 3_333, discount: 1_333, total: 2_000 });
  expect(body.orders.map(({ total }) => total)).toEqual([0, 2_000]);
});

test('a code discounts only its products', async () => {
  const appliesTo = { productIds: [shops.sock.productId] };
  const { code } = await givenDiscount(api.shopA, { value: 100, appliesTo });
  const { body } = await shops.checkOut([code], [shops.shirt, shops.sock]);
  expect(body).toMatchObject({ status: 'placed', total: 1_000, discount: 333 });
});

test('a code that two shops have applies in both, with the terms of each', async () => {
  const code = uniqueCode();
  await givenDiscount(api.shopA, { code, value: 10 });
  await givenDiscount(api.shopB, { code: code.toLowerCase(), kind: 'fixed', value: 500 });
  const { body } = await shops.checkOut([code], [shops.hatOfB, shops.shirt]);
  expect(body).toMatchObject({ status: 'placed', subtotal: 3_000, discount: 600, total: 2_400 });
  expect(body.discounts).toEqual([
    { code: code.toLowerCase(), shopId: api.shopB.shopId, amount: 500 },
    { code, shopId: api.shopA.shopId, amount: 100 },
  ]);
  expect(body.orders.map(({ total }) => total)).toEqual([1_500, 900]);
  expect([await shops.readUses(code), await shops.readUses(code.toLowerCase())]).toEqual([1, 1]);
});

test('a code of one shop does not discount the lines of another', async () => {
  const { code } = await givenDiscount(api.shopA, { value: 50 });
  const { body } = await shops.checkOut([code], [shops.hatOfB, shops.shirt]);
  expect(body.orders.map(({ total }) => total)).toEqual([2_000, 500]);
});

test('of several codes that cannot be combined only the best is applied and counted as used', async () => {
  const [ten, half] = [
    await givenDiscount(api.shopA),
    await givenDiscount(api.shopA, { value: 50 }),
  ];
  const { body } = await shops.checkOut([ten.code, half.code, half.code.toLowerCase()]);
  expect(body).toMatchObject({ status: 'placed', total: 500, discounts: [{ code: half.code }] });
  expect(body.discounts).toHaveLength(1);
  expect([await shops.readUses(ten.code), await shops.readUses(half.code)]).toEqual([0, 1]);
});

test('combinable codes are used together, each once', async () => {
  const fixed = await givenDiscount(api.shopA, { kind: 'fixed', value: 100, combinable: true });
  const half = await givenDiscount(api.shopA, { value: 50, combinable: true });
  const { body } = await shops.checkOut([fixed.code, half.code]);
  expect(body).toMatchObject({ status: 'placed', discount: 600, total: 400 });
  expect([await shops.readUses(fixed.code), await shops.readUses(half.code)]).toEqual([1, 1]);
});

test('a combinable code that is sent twice, in upper and lower case, is used once', async () => {
  const { code } = await givenDiscount(api.shopA, { value: 50, combinable: true });
  const ten = await givenDiscount(api.shopA, { value: 10, combinable: true });
  const { accepted, body } = await shops.checkOut([code, ten.code, code.toLowerCase(), code]);
  expect(accepted).toMatchObject({ total: 450, discounts: [{ code }, { code: ten.code }] });
  expect(body).toMatchObject({ status: 'placed', total: 450 });
  expect(body.discounts).toHaveLength(2);
  expect([await shops.readUses(code), await shops.readUses(ten.code)]).toEqual([1, 1]);
});

test.each([
  ['μαΐου10', 'μαΐου10'.toUpperCase()],
  ['İNDİRİM', 'İNDİRİM'.toLowerCase()],
  ['SPAẞ', 'spaß'],
])('a code is matched regardless of case in every script: %s, %s', async (code, typed) => {
  await givenDiscount(api.shopA, { code });
  expect((await shops.checkOut([typed])).body).toMatchObject({ status: 'placed', total: 900 });
  expect(await api.shopA.post('/v1/discounts', discountRequest({ code: typed }))).toMatchObject({
    status: 409,
    body: { code: 'code_taken' },
  });
});

test('a repeat gets the same totals, whatever has happened to the discount', async () => {
  const { id, code } = await givenDiscount(api.shopA);
  const key = `repeated-${code}`;
  const first = await shops.post([code], [shops.shirt], { key });
  await api.shopA.send('PATCH', `/v1/discounts/${id}`, { value: 50 });
  expect((await shops.post([code], [shops.shirt], { key })).body).toEqual(first.body);
  await api.shopA.send('DELETE', `/v1/discounts/${id}`);
  expect((await shops.post([code], [shops.shirt], { key })).body).toEqual(first.body);
  expect(first.body).toMatchObject({ total: 900 });
  for (const other of [[], [code, 'X'], [code.toLowerCase()]]) {
    expect(await shops.post(other, [shops.shirt], { key })).toMatchObject({
      status: 422,
      body: { code: 'idempotency_key_reused' },
    });
  }
});

test('a change of a discount applies at once to checkouts accepted after it', async () => {
  const { id, code } = await givenDiscount(api.shopA, { value: 10 });
  expect((await shops.post([code])).body.total).toBe(900);
  await api.shopA.send('PATCH', `/v1/discounts/${id}`, { value: 20 });
  expect((await shops.post([code])).body.total).toBe(800);
  await api.shopA.send('DELETE', `/v1/discounts/${id}`);
  await api.shopA.post('/v1/discounts', discountRequest({ code, value: 30 }));
  expect((await shops.post([code])).body.total).toBe(700);
});
