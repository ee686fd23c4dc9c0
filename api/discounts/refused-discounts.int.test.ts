import { afterAll, beforeAll, expect, test } from 'vitest';
import { testNamespace } from '../../shared/testing/harness.ts';
import {
  discountRequest,
  type GivenProduct,
  givenDiscount,
  givenForSale,
  type ShownDiscount,
} from '../testing/requests.ts';
import { startTestApi, type TestApi } from '../testing/start-test-api.ts';

const PRODUCTS_MAX = 1_000;
const AMOUNT_MAX = 1_000_000_000_000;

const namespace = testNamespace();
let api: TestApi;
let ownProduct: GivenProduct;
let foreignProduct: GivenProduct;
let discount: ShownDiscount;

beforeAll(async () => {
  api = await startTestApi(namespace);
  ownProduct = await givenForSale(api.shopA);
  foreignProduct = await givenForSale(api.shopB);
  discount = await givenDiscount(api.shopA, { code: 'GIVEN' });
});
afterAll(() => api.close());

const REFUSED: [string, object, string][] = [
  ['no code', { code: undefined }, 'code'],
  ['an empty code', { code: '' }, 'code'],
  ['a blank code', { code: ' \t ' }, 'code'],
  ['a code with a space in it', { code: 'A B' }, 'code'],
  ['a code with an invisible character', { code: 'A\u200bB' }, 'code'],
  ['a code with an invisible filler', { code: '\u3164' }, 'code'],
  ['a code with a variation selector', { code: 'A\ufe0f' }, 'code'],
  ['a code with a braille blank', { code: 'A\u2800' }, 'code'],
  ['a code of 65 characters', { code: 'x'.repeat(65) }, 'code'],
  ['a code that is a number', { code: 10 }, 'code'],
  ['an unknown kind', { kind: 'gift' }, 'kind'],
  ['no kind', { kind: undefined }, 'kind'],
  ['over 100 %', { value: 100.01 }, 'value'],
  ['500 %', { value: 500 }, 'value'],
  ['0 %', { value: 0 }, 'value'],
  ['a negative percentage', { value: -10 }, 'value'],
  ['a thousandth of a per cent', { value: 0.001 }, 'value'],
  ['a value as text', { value: '10' }, 'value'],
  ['no value', { value: undefined }, 'value'],
  ['a fixed amount of half a penny', { kind: 'fixed', value: 0.5 }, 'value'],
  ['a negative fixed amount', { kind: 'fixed', value: -500 }, 'value'],
  ['an amount above the maximum', { kind: 'fixed', value: AMOUNT_MAX + 1 }, 'value'],
  ['an end before the start', { endsAt: '2019-01-01T00:00:00Z' }, 'endsAt'],
  ['an end at the start', { endsAt: '2020-01-01T00:00:00Z' }, 'endsAt'],
  ['no end', { endsAt: undefined }, 'endsAt'],
  ['no start', { startsAt: undefined }, 'startsAt'],
  ['a day that does not exist', { startsAt: '2026-02-30T00:00:00Z' }, 'startsAt'],
  ['a time without a zone', { startsAt: '2026-02-03T00:00:00' }, 'startsAt'],
  ['a time as a number', { startsAt: 0 }, 'startsAt'],
  ['a time after the year 9999 in UTC', { endsAt: '9999-12-31T23:59:59-12:00' }, 'endsAt'],
  ['a time before the year 0 in UTC', { startsAt: '0000-01-01T00:00:00+12:00' }, 'startsAt'],
  ['a time before 1970', { startsAt: '1969-12-31T23:59:59Z' }, 'startsAt'],
  ['a limit of 0 uses', { usageLimit: 0 }, 'usageLimit'],
  ['a limit of one and a half uses', { usageLimit: 1.5 }, 'usageLimit'],
  ['a limit of 0 uses per buyer', { usageLimitPerBuyer: 0 }, 'usageLimitPerBuyer'],
  [
    'a limit per buyer above the total limit',
    { usageLimit: 2, usageLimitPerBuyer: 3 },
    'usageLimitPerBuyer',
  ],
  ['a negative minimum', { minimumSubtotal: -1 }, 'minimumSubtotal'],
  ['a huge minimum', { minimumSubtotal: 1e300 }, 'minimumSubtotal'],
  ['a maximum of 0', { maximumDiscount: 0 }, 'maximumDiscount'],
  ['a maximum of half a penny', { maximumDiscount: 0.5 }, 'maximumDiscount'],
  ['an unknown currency', { currency: 'XXQ' }, 'currency'],
  ['a currency in lower case', { currency: 'gbp' }, 'currency'],
  ['no appliesTo', { appliesTo: undefined }, 'appliesTo'],
  ['an unknown word for appliesTo', { appliesTo: 'some' }, 'appliesTo'],
  ['an empty list of products', { appliesTo: { productIds: [] } }, 'appliesTo.productIds'],
  [
    'too many products',
    { appliesTo: { productIds: Array.from({ length: PRODUCTS_MAX + 1 }, (_, n) => `prd_${n}`) } },
    'appliesTo.productIds',
  ],
  [
    'two invalid product ids',
    { appliesTo: { productIds: ['', 'x'.repeat(65)] } },
    'appliesTo.productIds.1',
  ],
  ['combinable as text', { combinable: 'yes' }, 'combinable'],
  ['an unknown field', { usagelimit: 5 }, 'usagelimit'],
  ['a number of uses', { uses: 5 }, 'uses'],
];

test.each(REFUSED)(
  'creating a discount with %s is refused, and nothing is stored',
  async (_, changes, path) => {
    const count = await api.context.store.discounts.countDocuments({});
    const answer = await api.shopA.post('/v1/discounts', discountRequest({ ...changes }));
    expect(answer).toMatchObject({ status: 400, body: { code: 'invalid_request' } });
    expect(answer.body.errors?.map((error) => error.path)).toContain(path);
    expect(await api.context.store.discounts.countDocuments({})).toBe(count);
  },
);

// JSON omits `undefined`, so a change with only such fields is sent as an empty object.
test.each(REFUSED)('a change with %s is refused', async (_, changes, path) => {
  const before = await api.shopA.get(`/v1/discounts/${discount.id}`);
  const answer = await api.shopA.send('PATCH', `/v1/discounts/${discount.id}`, changes);
  expect(answer).toMatchObject({ status: 400, body: { code: 'invalid_request' } });
  const isEmpty = Object.values(changes).every((value) => value === undefined);
  expect(answer.body.errors?.map((error) => error.path)).toContain(isEmpty ? '' : path);
  expect((await api.shopA.get(`/v1/discounts/${discount.id}`)).body).toEqual(before.body);
});

test.each([
  ['null for a required field', { value: null }, 'value'],
  ['another code', { code: 'OTHER' }, 'code'],
  ['isActive', { isActive: false }, 'isActive'],
  ['another shop', { shopId: 'shp_1' }, 'shopId'],
])('a change with %s is refused', async (_, changes, path) => {
  expect(await api.shopA.send('PATCH', `/v1/discounts/${discount.id}`, changes)).toMatchObject({
    status: 400,
    body: { errors: expect.arrayContaining([expect.objectContaining({ path })]) },
  });
});

test('products that are deleted, unknown or of another shop are reported by their index', async () => {
  const gone = await givenForSale(api.shopA, { onHand: 0 });
  await api.shopA.send('DELETE', `/v1/products/${gone.productId}`);
  const productIds = [
    ownProduct.productId,
    foreignProduct.productId,
    'prd_unknown',
    gone.productId,
  ];
  const appliesTo = { productIds };
  const refused = {
    status: 422,
    body: {
      code: 'unknown_product',
      errors: [1, 2, 3].map((index) => ({ path: `appliesTo.productIds.${index}` })),
    },
  };
  const request = discountRequest({ appliesTo });
  expect(await api.shopA.post('/v1/discounts', request)).toMatchObject(refused);
  expect(
    await api.shopA.send('PATCH', `/v1/discounts/${discount.id}`, { appliesTo }),
  ).toMatchObject(refused);
  expect(await api.context.store.discounts.countDocuments({ code: String(request['code']) })).toBe(
    0,
  );
});

test.each(['limit=0', 'limit=101', 'status=lost', 'code=', 'cursor=x', 'shopId=shp_1'])(
  'GET /v1/discounts?%s is refused',
  async (query) => {
    expect((await api.shopA.get(`/v1/discounts?${query}`)).status).toBe(400);
  },
);

test('a cursor of another discount’s products is refused', async () => {
  const first = await givenDiscount(api.shopB);
  const other = await givenDiscount(api.shopB);
  await givenForSale(api.shopB);
  const page = await api.shopB.get<{ nextCursor: string }>(
    `/v1/discounts/${first.id}/products?limit=1`,
  );
  const { nextCursor } = page.body;
  const path = `/v1/discounts/${other.id}/products?cursor=${nextCursor}`;
  expect(nextCursor).toEqual(expect.any(String));
  expect(await api.shopB.get(path)).toMatchObject({
    status: 400,
    body: { errors: [{ path: 'cursor' }] },
  });
});

test.each([
  ['GET', ''],
  ['PATCH', ''],
  ['DELETE', ''],
  ['GET', '/products'],
])('%s /v1/discounts/{id}%s of another shop is not found', async (method, subpath) => {
  const body = method === 'PATCH' ? { value: 1 } : undefined;
  const answer = await api.shopB.send(method, `/v1/discounts/${discount.id}${subpath}`, body);
  expect(answer).toMatchObject({ status: 404, body: { code: 'not_found' } });
  expect((await api.shopA.get(`/v1/discounts/${discount.id}`)).body).toMatchObject({
    status: 'active',
    value: 10,
  });
});

test.each([
  ['POST', '/v1/discounts'],
  ['GET', '/v1/discounts'],
  ['GET', '/v1/discounts/dsc_1'],
  ['PATCH', '/v1/discounts/dsc_1'],
  ['DELETE', '/v1/discounts/dsc_1'],
  ['GET', '/v1/discounts/dsc_1/products'],
])('%s %s requires credentials with the scope discounts:write', async (method, path) => {
  const keyWithoutScope = await api.withScopes(api.shopA, ['catalog:write', 'checkouts:write']);
  const body = method === 'POST' || method === 'PATCH' ? {} : undefined;
  expect(await keyWithoutScope.send(method, path, body)).toMatchObject({
    status: 403,
    body: { code: 'missing_scope', scope: 'discounts:write' },
  });
  expect((await api.anonymous.send(method, path, body)).status).toBe(401);
});
