import { request as httpRequest } from 'node:http';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import { testNamespace } from '../../shared/testing/harness.ts';
import type { ShownProduct } from '../testing/requests.ts';
import { type GivenProduct, givenForSale, productRequest } from '../testing/requests.ts';
import { startTestApi, type TestApi } from '../testing/start-test-api.ts';

const namespace = testNamespace();
let api: TestApi;
let shirt: GivenProduct;
let euroShirt: GivenProduct;
let expensive: GivenProduct;
let draftVariantId: string;
let jobsBefore: number;

beforeAll(async () => {
  api = await startTestApi(namespace);
  shirt = await givenForSale(api.shopA);
  euroShirt = await givenForSale(api.shopA, { currency: 'EUR' });
  expensive = await givenForSale(api.shopA, { price: 100_000_000 });
  const draft = await api.shopA.post<ShownProduct>('/v1/products', productRequest());
  draftVariantId = draft.body.variants[0]?.id ?? '';
});
afterAll(() => api.close());

const countJobs = async () =>
  Object.values(await api.context.queue.bull.getJobCounts()).reduce((sum, count) => sum + count, 0);

beforeEach(async () => {
  jobsBefore = await countJobs();
});

afterEach(async () => {
  expect(await api.context.store.checkouts.countDocuments({})).toBe(0);
  expect(await countJobs()).toBe(jobsBefore);
});

const line = (changes: object = {}) => ({ variantId: shirt.variantId, quantity: 1, ...changes });
const lines = (...changes: object[]) => ({ buyerId: 'b', lines: changes.map(line) });

const REFUSED: [string, () => unknown, number, string, string][] = [
  ['no buyer', () => ({ lines: [line()] }), 400, 'invalid_request', 'buyerId'],
  [
    'a buyer that is a MongoDB operator',
    () => ({ ...lines({}), buyerId: { $ne: 1 } }),
    400,
    'invalid_request',
    'buyerId',
  ],
  ['no lines', () => ({ buyerId: 'b', lines: [] }), 400, 'invalid_request', 'lines'],
  [
    'lines that are not a list',
    () => ({ buyerId: 'b', lines: { $gt: '' } }),
    400,
    'invalid_request',
    'lines',
  ],
  ['quantity 0', () => lines({}, { quantity: 0 }), 400, 'invalid_request', 'lines.1.quantity'],
  [
    'a negative quantity',
    () => lines({ quantity: -500_000 }),
    400,
    'invalid_request',
    'lines.0.quantity',
  ],
  ['half a unit', () => lines({ quantity: 0.5 }), 400, 'invalid_request', 'lines.0.quantity'],
  [
    'a quantity as text',
    () => lines({ quantity: '1' }),
    400,
    'invalid_request',
    'lines.0.quantity',
  ],
  ['no quantity', () => lines({ quantity: undefined }), 400, 'invalid_request', 'lines.0.quantity'],
  [
    'a quantity of 10^9',
    () => lines({ quantity: 1e9 }),
    400,
    'invalid_request',
    'lines.0.quantity',
  ],
  [
    'lines of one variant with too many units together',
    () => lines({ quantity: 600_000 }, { quantity: 600_000 }),
    400,
    'invalid_request',
    'lines.0.quantity',
  ],
  [
    '10,000 lines',
    () => lines(...Array.from({ length: 10_000 }, () => ({}))),
    400,
    'invalid_request',
    'lines',
  ],
  [
    'a variant that is a MongoDB operator',
    () => lines({ variantId: { $gt: '' } }),
    400,
    'invalid_request',
    'lines.0.variantId',
  ],
  ['an unknown field', () => ({ ...lines({}), total: 1 }), 400, 'invalid_request', 'total'],
  [
    'an unknown field in a line',
    () => lines({ unitPrice: 1 }),
    400,
    'invalid_request',
    'lines.0.unitPrice',
  ],
  [
    'a negative expected total',
    () => ({ ...lines({}), expectedTotal: -1 }),
    400,
    'invalid_request',
    'expectedTotal',
  ],
  [
    'a country name instead of a code',
    () => ({
      ...lines({}),
      shippingAddress: { name: 'A', line1: 'B', city: 'C', country: 'Wales' },
    }),
    400,
    'invalid_request',
    'shippingAddress.country',
  ],
  [
    'an unknown variant',
    () => lines({}, { variantId: 'var_unknown' }),
    422,
    'unknown_variant',
    'lines.1.variantId',
  ],
  [
    'an unpublished variant',
    () => lines({ variantId: draftVariantId }),
    422,
    'product_unpublished',
    'lines.0.variantId',
  ],
  [
    'two currencies',
    () => lines({}, { variantId: euroShirt.variantId }),
    422,
    'currency_mismatch',
    'lines.1.variantId',
  ],
  [
    'a total above the maximum',
    () => lines({ variantId: expensive.variantId, quantity: 20_000 }),
    422,
    'amount_too_large',
    'lines',
  ],
];

test.each(REFUSED)('a checkout with %s is refused', async (_, body, status, code, path) => {
  const answer = await api.shopB.post('/v1/checkouts', body(), { 'idempotency-key': 'key' });
  expect(answer).toMatchObject({ status, body: { status, code, requestId: expect.any(String) } });
  expect(answer.headers.get('content-type')).toBe('application/problem+json');
  expect(answer.body.errors?.map((error) => error.path)).toContain(path);
});

test.each([
  ['malformed', '{"buyerId":', {}, 400, 'malformed_json'],
  ['empty', '', {}, 400, 'malformed_json'],
  ['of another type', '<checkout/>', { 'content-type': 'text/xml' }, 415, 'unsupported_media_type'],
  [
    'a form',
    'buyerId=b',
    { 'content-type': 'application/x-www-form-urlencoded' },
    415,
    'unsupported_media_type',
  ],
  ['null', 'null', {}, 400, 'invalid_request'],
  ['a list', '[]', {}, 400, 'invalid_request'],
])('a body that is %s is refused', async (_, body, headers, status, code) => {
  const answer = await api.shopB.post('/v1/checkouts', body, {
    'idempotency-key': 'key',
    ...headers,
  });
  expect(answer).toMatchObject({ status, body: { code } });
});

test.each([
  ['missing', undefined, 'idempotency_key_required'],
  ['empty', '', 'idempotency_key_invalid'],
  ['of 300 characters', 'k'.repeat(300), 'idempotency_key_invalid'],
  ['split by a space', 'a key', 'idempotency_key_invalid'],
])('an Idempotency-Key that is %s is refused', async (_, key, code) => {
  const headers: Record<string, string> = key === undefined ? {} : { 'idempotency-key': key };
  expect(await api.shopB.post('/v1/checkouts', lines({}), headers)).toMatchObject({
    status: 400,
    body: { code, errors: [{ path: 'Idempotency-Key' }] },
  });
});

const MIB = 1_048_576;

test('a body over 1 MiB is refused', async () => {
  const body = JSON.stringify({ ...lines({}), buyerId: 'b'.repeat(MIB) });
  const answer = await api.shopB.post('/v1/checkouts', body, { 'idempotency-key': 'key' });
  expect(answer).toMatchObject({ status: 413, body: { code: 'body_too_large' } });
});

test('a body over 1 MiB in chunks, without a Content-Length, is refused', async () => {
  const status = await new Promise<number | undefined>((resolve, reject) => {
    const headers = {
      'x-api-key': api.shopB.apiKey,
      'content-type': 'application/json',
      'idempotency-key': 'key',
      'transfer-encoding': 'chunked',
    };
    const sent = httpRequest(`${api.url}/v1/checkouts`, { method: 'POST', headers });
    let isAnswered = false;
    sent.once('response', (response) => {
      isAnswered = true;
      resolve(response.statusCode);
      response.resume();
      sent.destroy();
    });
    // The response may come, and the connection may end, before the whole body is sent.
    sent.on('error', (error) => isAnswered || reject(error));
    sent.write('{"buyerId":"');
    for (let kib = 0; kib < 2_048; kib += 64) sent.write('b'.repeat(64 * 1_024));
    sent.end('"}');
  });
  expect(status).toBe(413);
});

test.each([
  ['get', '/v1/checkouts/chk_1'],
  ['get', '/v1/checkouts/chk_1/events'],
  ['post', '/v1/checkouts'],
] as const)('%s %s without the scope or without credentials is refused', async (method, path) => {
  const other = await api.withScopes(api.shopA, ['catalog:write', 'orders:write']);
  expect(await other[method](path)).toMatchObject({
    status: 403,
    body: { code: 'missing_scope', scope: 'checkouts:write' },
  });
  expect((await api.anonymous[method](path)).status).toBe(401);
});
