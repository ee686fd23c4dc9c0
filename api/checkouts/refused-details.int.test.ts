import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { testNamespace } from '../../shared/testing/harness.ts';
import { givenForSale } from '../testing/requests.ts';
import { startTestApi, type TestApi } from '../testing/start-test-api.ts';

const namespace = testNamespace();
let api: TestApi;
let variantId: string;

beforeAll(async () => {
  api = await startTestApi(namespace);
  variantId = (await givenForSale(api.shopA)).variantId;
});
afterAll(() => api.close());

const ADDRESS = { name: 'A', line1: 'B', city: 'C', postalCode: 'D', country: 'GB' };
const without = (field: keyof typeof ADDRESS) => ({ ...ADDRESS, [field]: undefined });
const to = (shippingAddress: unknown) => ({ shippingAddress });

/** Fields of a body in addition to buyer and lines, with the path of the invalid field. */
const WRONG: [string, object, string][] = [
  ['an address that is a string', to('B, C'), 'shippingAddress'],
  ['an address that is a list', to([ADDRESS]), 'shippingAddress'],
  ['an address without a name', to(without('name')), 'shippingAddress.name'],
  ['a blank name', to({ ...ADDRESS, name: ' ' }), 'shippingAddress.name'],
  ['an address without a street', to(without('line1')), 'shippingAddress.line1'],
  ['an address without a city', to(without('city')), 'shippingAddress.city'],
  ['an address without a country', to(without('country')), 'shippingAddress.country'],
  ['a lower-case country', to({ ...ADDRESS, country: 'gb' }), 'shippingAddress.country'],
  ['a country of three letters', to({ ...ADDRESS, country: 'GBR' }), 'shippingAddress.country'],
  ['an overlong line', to({ ...ADDRESS, line2: 'x'.repeat(10_000) }), 'shippingAddress.line2'],
  [
    'a city that is a MongoDB operator',
    to({ ...ADDRESS, city: { $ne: '' } }),
    'shippingAddress.city',
  ],
  ['an unknown field', to({ ...ADDRESS, phone: '1' }), 'shippingAddress.phone'],
  ['a fraction of a minor unit', { expectedTotal: 0.5 }, 'expectedTotal'],
  ['a total as text', { expectedTotal: '4900' }, 'expectedTotal'],
  ['a total above the maximum', { expectedTotal: 1_000_000_000_001 }, 'expectedTotal'],
  ['a total of null', { expectedTotal: null }, 'expectedTotal'],
];

describe.each(['/v1/checkouts', '/v1/checkouts/review'])('POST %s', (path) => {
  const post = (body: unknown, headers: Record<string, string> = {}) =>
    api.shopB.post(path, body, { 'idempotency-key': 'wrong', ...headers });
  const order = () => ({ buyerId: 'b', lines: [{ variantId, quantity: 1 }] });

  test.each(WRONG)('refuses %s', async (_, wrong, field) => {
    const answer = await post({ ...order(), ...wrong });
    expect(answer).toMatchObject({ status: 400, body: { code: 'invalid_request' } });
    expect(answer.body.errors?.map((error) => error.path)).toContain(field);
    expect(await api.context.store.checkouts.countDocuments({})).toBe(0);
  });

  test.each([
    ['{"buyerId":', {}, 400, 'malformed_json'],
    [`{"buyerId":"${'b'.repeat(1_100_000)}"}`, {}, 413, 'body_too_large'],
    ['buyerId=b', { 'content-type': 'text/plain' }, 415, 'unsupported_media_type'],
  ])('refuses the body %.20s', async (body, headers, status, code) => {
    expect(await post(body, headers)).toMatchObject({ status, body: { code } });
  });
});
