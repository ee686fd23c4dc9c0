import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { testNamespace } from '../../shared/testing/harness.ts';
import { givenForSale, productRequest, type ShownProduct } from '../testing/requests.ts';
import { startTestApi, type TestApi } from '../testing/start-test-api.ts';
import { givenCart, type ShownCart, toUnits } from './testing/shown-cart.ts';

const namespace = testNamespace();
let api: TestApi;
let path: string;
const ids = { shirt: '', euro: '', draft: '', boxed: '' };

beforeAll(async () => {
  api = await startTestApi(namespace);
  ids.shirt = (await givenForSale(api.shopA)).variantId;
  ids.euro = (await givenForSale(api.shopA, { currency: 'EUR' })).variantId;
  const draft = await api.shopA.post<ShownProduct>('/v1/products', productRequest());
  ids.draft = draft.body.variants[0]?.id ?? '';
  const boxed = await givenForSale(api.shopA);
  ids.boxed = boxed.variantId;
  await api.context.store.products.updateOne(
    { _id: boxed.productId },
    { $set: { 'variants.0.quantityRule': { min: 6, max: 24, step: 6 } } },
  );
  path = await givenCart(api.shopB, [{ variantId: ids.shirt, quantity: 2 }]);
});
afterAll(() => api.close());

/** No refused request changes the cart. */
afterEach(async () => {
  const { body, headers } = await api.shopB.get<ShownCart>(path);
  expect([toUnits(body), headers.get('etag')]).toEqual([{ [ids.shirt]: 2 }, '"r1"']);
});

const cart = (...lines: object[]) => ({ buyerId: 'b', lines });

const NEW_CARTS: [string, () => unknown, number, string, string][] = [
  ['no buyer', () => ({}), 400, 'invalid_request', 'buyerId'],
  ['no body', () => undefined, 400, 'invalid_request', 'buyerId'],
  ['an empty buyer', () => ({ buyerId: '' }), 400, 'invalid_request', 'buyerId'],
  ['an overlong buyer id', () => ({ buyerId: 'b'.repeat(129) }), 400, 'invalid_request', 'buyerId'],
  ['an unknown field', () => ({ ...cart(), total: 1 }), 400, 'invalid_request', 'total'],
  [
    'quantity 0',
    () => cart({ variantId: ids.shirt, quantity: 0 }),
    400,
    'invalid_request',
    'lines.0.quantity',
  ],
  [
    '501 lines',
    () => cart(...Array.from({ length: 501 }, () => ({ variantId: ids.shirt, quantity: 1 }))),
    400,
    'invalid_request',
    'lines',
  ],
  [
    'lines of one variant with too many units in total',
    () =>
      cart(
        { variantId: ids.shirt, quantity: 600_000 },
        { variantId: ids.shirt, quantity: 600_000 },
      ),
    400,
    'invalid_request',
    'lines.0.quantity',
  ],
  [
    'a draft',
    () => cart({ variantId: ids.draft, quantity: 1 }),
    422,
    'product_unpublished',
    'lines.0.variantId',
  ],
  [
    'a buyer that is a MongoDB operator',
    () => ({ buyerId: { $ne: '' } }),
    400,
    'invalid_request',
    'buyerId',
  ],
  [
    'an unknown variant',
    () => cart({ variantId: ids.shirt, quantity: 1 }, { variantId: 'var_unknown', quantity: 1 }),
    422,
    'unknown_variant',
    'lines.1.variantId',
  ],
  [
    'two currencies',
    () => cart({ variantId: ids.shirt, quantity: 1 }, { variantId: ids.euro, quantity: 1 }),
    422,
    'currency_mismatch',
    'lines.1.variantId',
  ],
  [
    'lines whose sum is a quantity that is not sold',
    () => cart({ variantId: ids.boxed, quantity: 6 }, { variantId: ids.boxed, quantity: 1 }),
    422,
    'quantity_not_allowed',
    'lines.0.quantity',
  ],
];

test.each(NEW_CARTS)('a new cart with %s is refused', async (_, body, status, code, field) => {
  const before = await api.context.store.carts.countDocuments({});
  const answer = await api.shopB.post('/v1/carts', body());
  expect(answer).toMatchObject({ status, body: { code } });
  expect(answer.body.errors?.map((error) => error.path)).toContain(field);
  expect(await api.context.store.carts.countDocuments({})).toBe(before);
});

type LineChange = [string, () => string, unknown, number, string, string];
const LINE_CHANGES: LineChange[] = [
  ['a negative quantity', () => ids.shirt, { quantity: -1 }, 400, 'invalid_request', 'quantity'],
  ['half a unit', () => ids.shirt, { quantity: 0.5 }, 400, 'invalid_request', 'quantity'],
  ['10^9 units', () => ids.shirt, { quantity: 1e9 }, 400, 'invalid_request', 'quantity'],
  ['no quantity', () => ids.shirt, {}, 400, 'invalid_request', 'quantity'],
  ['a price', () => ids.shirt, { quantity: 1, unitPrice: 1 }, 400, 'invalid_request', 'unitPrice'],
  ['an overlong id', () => 'v'.repeat(65), { quantity: 1 }, 400, 'invalid_request', 'variantId'],
  ['an unknown variant', () => 'var_no', { quantity: 1 }, 422, 'unknown_variant', 'variantId'],
  ['a draft', () => ids.draft, { quantity: 1 }, 422, 'product_unpublished', 'variantId'],
  ['another currency', () => ids.euro, { quantity: 1 }, 422, 'currency_mismatch', 'variantId'],
  [
    'less than the minimum',
    () => ids.boxed,
    { quantity: 1 },
    422,
    'quantity_not_allowed',
    'quantity',
  ],
  [
    'a quantity between two multiples',
    () => ids.boxed,
    { quantity: 9 },
    422,
    'quantity_not_allowed',
    'quantity',
  ],
  [
    'more than the maximum',
    () => ids.boxed,
    { quantity: 30 },
    422,
    'quantity_not_allowed',
    'quantity',
  ],
];

test.each(LINE_CHANGES)(
  'setting a line is refused: %s',
  async (_, variantId, body, status, code, field) => {
    const answer = await api.shopB.send('PUT', `${path}/lines/${variantId()}`, body);
    expect(answer).toMatchObject({ status, body: { code, errors: [{ path: field }] } });
  },
);

const LINE_ADDITIONS: [string, () => object, number, string, string][] = [
  ['no variant', () => ({ quantity: 1 }), 400, 'invalid_request', 'variantId'],
  [
    'a MongoDB operator',
    () => ({ variantId: { $gt: '' }, quantity: 1 }),
    400,
    'invalid_request',
    'variantId',
  ],
  [
    'a price',
    () => ({ variantId: ids.shirt, quantity: 1, unitPrice: 1 }),
    400,
    'invalid_request',
    'unitPrice',
  ],
  [
    'an unknown variant',
    () => ({ variantId: 'var_no', quantity: 1 }),
    422,
    'unknown_variant',
    'variantId',
  ],
  [
    'a draft',
    () => ({ variantId: ids.draft, quantity: 1 }),
    422,
    'product_unpublished',
    'variantId',
  ],
  [
    'another currency',
    () => ({ variantId: ids.euro, quantity: 1 }),
    422,
    'currency_mismatch',
    'variantId',
  ],
  ['no units', () => ({ variantId: ids.shirt, quantity: 0 }), 400, 'invalid_request', 'quantity'],
  [
    'too many units in total',
    () => ({ variantId: ids.shirt, quantity: 999_999 }),
    400,
    'invalid_request',
    'quantity',
  ],
  [
    'a quantity that is not sold',
    () => ({ variantId: ids.boxed, quantity: 5 }),
    422,
    'quantity_not_allowed',
    'quantity',
  ],
];

test.each(LINE_ADDITIONS)('adding units is refused: %s', async (_, body, status, code, field) => {
  const answer = await api.shopB.post(`${path}/lines`, body());
  expect(answer).toMatchObject({ status, body: { code, errors: [{ path: field }] } });
});

const JSON_TYPE = { 'content-type': 'application/json' };

test.each([
  ['POST', '/v1/carts'],
  ['PUT', '/v1/carts/{id}/lines/{variantId}'],
  ['POST', '/v1/carts/{id}/lines'],
])('%s %s refuses invalid JSON, large bodies and other media types', async (method, template) => {
  const route = template.replace('/v1/carts/{id}', path).replace('{variantId}', ids.shirt);
  const refusals: [string, Record<string, string>, number, string][] = [
    ['{"quantity":', JSON_TYPE, 400, 'malformed_json'],
    [`{"buyerId":"${'b'.repeat(1_100_000)}"}`, JSON_TYPE, 413, 'body_too_large'],
    ['quantity=1', { 'content-type': 'text/plain' }, 415, 'unsupported_media_type'],
  ];
  for (const [body, headers, status, code] of refusals) {
    const answer = await api.shopB.send(method, route, body, headers);
    expect([code, answer.status, answer.body]).toMatchObject([code, status, { code }]);
  }
});

test('removing a line with an overlong id is refused', async () => {
  const answer = await api.shopB.send('DELETE', `${path}/lines/${'v'.repeat(65)}`);
  const errors = [{ path: 'variantId' }];
  expect(answer).toMatchObject({ status: 400, body: { code: 'invalid_request', errors } });
});

test.each([
  ['limit=0', 'limit'],
  ['limit=101', 'limit'],
  ['cursor=nonsense', 'cursor'],
  ['buyerId=', 'buyerId'],
  ['buyerId[$ne]=b', 'buyerId[$ne]'],
  ['status=open', 'status'],
])('GET /v1/carts?%s is refused', async (query, field) => {
  const answer = await api.shopB.get(`/v1/carts?${query}`);
  expect(answer).toMatchObject({ status: 400, body: { code: 'invalid_request' } });
  expect(answer.body.errors?.map((error) => error.path)).toContain(field);
});

test('the refusal of a quantity contains the rule and the nearest allowed quantity', async () => {
  const line = { variantId: ids.boxed, quantity: 20 };
  const answer = await api.shopB.post('/v1/carts', cart(line));
  expect(answer.body).toMatchObject({
    ...{ code: 'quantity_not_allowed', nearestQuantity: 18 },
    quantityRule: { min: 6, max: 24, step: 6 },
  });
  expect((await api.shopB.post('/v1/carts', cart({ ...line, quantity: 18 }))).status).toBe(201);
});

test('a 501st line is refused', async () => {
  const lines = Array.from({ length: 500 }, (_, index) => ({
    ...{ variantId: `var_${index}`, productId: 'prd', shopId: 'shp', sku: 'S', title: 'T' },
    ...{ unitPrice: 1, quantity: 1 },
  }));
  const full = await givenCart(api.shopB);
  const _id = full.slice('/v1/carts/'.length);
  await api.context.store.carts.updateOne({ _id }, { $set: { lines, currency: 'GBP' } });
  const answer = await api.shopB.post(`${full}/lines`, { variantId: ids.shirt, quantity: 1 });
  expect(answer).toMatchObject({ status: 422, body: { code: 'cart_full' } });
});
