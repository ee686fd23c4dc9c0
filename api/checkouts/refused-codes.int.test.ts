import { afterAll, beforeAll, expect, test } from 'vitest';
import { testNamespace } from '../../shared/testing/harness.ts';
import { manualClock } from '../../shared/testing/manual-clock.ts';
import { givenDiscount } from '../testing/requests.ts';
import { startTestApi, type TestApi, type TestShop } from '../testing/start-test-api.ts';
import { type CodeShops, openCodeShops, uniqueCode } from './testing/code-shops.ts';

const DAY_MS = 86_400_000;

const namespace = testNamespace();
const clock = manualClock();
let api: TestApi;
let shops: CodeShops;

beforeAll(async () => {
  api = await startTestApi(namespace, { clock });
  shops = await openCodeShops(api);
});
afterAll(() => api.close());

const dayFromNow = (days: number) => new Date(clock.now().getTime() + days * DAY_MS).toISOString();

const REJECTED: [string, () => Promise<string>][] = [
  ['unknown_code', async () => uniqueCode()],
  ['unknown_code', async () => (await givenDiscount(api.shopB)).code],
  ['not_started', () => givenCode({ startsAt: dayFromNow(1) })],
  ['ended', () => givenCode({ endsAt: dayFromNow(-1) })],
  ['ended', () => givenCode({ endsAt: clock.now().toISOString() })],
  ['cancelled', () => givenCancelled()],
  ['other_currency', () => givenCode({ currency: 'EUR' })],
  ['no_eligible_lines', () => givenCode({ appliesTo: { productIds: [shops.sock.productId] } })],
  ['minimum_not_reached', () => givenCode({ minimumSubtotal: 1_000 + 1 })],
  ['takes_nothing_off', () => givenCode({ value: 0.01 })],
];

async function givenCode(changes: Record<string, unknown>): Promise<string> {
  return (await givenDiscount(api.shopA, changes)).code;
}

async function givenCancelled(): Promise<string> {
  const { id, code } = await givenDiscount(api.shopA);
  await api.shopA.send('DELETE', `/v1/discounts/${id}`);
  return code;
}

test.each(REJECTED)(
  'a checkout with a code that does not apply is accepted, then rejected with %s',
  async (reason, createCode) => {
    const bad = await createCode();
    const { code: good } = await givenDiscount(api.shopA);
    const { body } = await shops.checkOut([good, bad]);
    expect(body.status).toBe('rejected');
    expect(body.rejection).toEqual({
      code: 'discount_not_applicable',
      discountCode: bad,
      reason,
    });
    expect(body.orders).toEqual([]);
    expect([await shops.readUses(good), (await shops.readUses(bad)) ?? 0]).toEqual([0, 0]);
  },
);

test('the worker rejects a checkout whose code was cancelled after acceptance', async () => {
  const { id, code } = await givenDiscount(api.shopA);
  const accepted = await shops.post([code]);
  await api.shopA.send('DELETE', `/v1/discounts/${id}`);
  const body = await shops.settle(accepted.body);
  expect(body.rejection).toEqual({
    code: 'discount_not_applicable',
    discountCode: code,
    shopId: api.shopA.shopId,
    reason: 'cancelled',
  });
});

test('a code that ends after acceptance applies: its period is checked at acceptance', async () => {
  const { code } = await givenDiscount(api.shopA, { endsAt: dayFromNow(1) });
  const accepted = await shops.post([code]);
  clock.advance(2 * DAY_MS);
  const body = await shops.settle(accepted.body);
  expect(body).toMatchObject({ status: 'placed', total: 900 });
  expect((await shops.checkOut([code])).body).toMatchObject({ rejection: { reason: 'ended' } });
});

test('the worker rejects a checkout with an exhausted code', async () => {
  const { code } = await givenDiscount(api.shopA, { usageLimit: 1 });
  expect((await shops.checkOut([code])).body.status).toBe('placed');
  const { accepted, body } = await shops.checkOut([code]);
  expect(accepted).toMatchObject({ status: 'queued', total: 900 });
  expect(body.rejection).toEqual({
    code: 'discount_exhausted',
    discountCode: code,
    shopId: api.shopA.shopId,
    reason: 'usage_limit',
  });
});

test('a checkout is rejected if its code is exhausted in one of its shops, and the rejection names that shop', async () => {
  const code = 'IN-BOTH-SHOPS';
  await givenDiscount(api.shopA, { code, usageLimit: 1 });
  await givenDiscount(api.shopB, { code });
  await shops.checkOut([code]);
  const { accepted, body } = await shops.checkOut([code], [shops.shirt, shops.hatOfB]);
  expect(accepted).toMatchObject({ total: 2_700 });
  expect(body).toMatchObject({
    status: 'rejected',
    rejection: { code: 'discount_exhausted', discountCode: code, shopId: api.shopA.shopId },
  });
  // The code still applies to a checkout that has only products of the other shop.
  expect((await shops.checkOut([code], [shops.hatOfB])).body.status).toBe('placed');
});

test('a limit per buyer counts buyers with the same id in different storefronts separately', async () => {
  const { code } = await givenDiscount(api.shopA, { usageLimitPerBuyer: 1 });
  const order = async (shop: TestShop) => {
    const { body } = await shops.post([code], [shops.shirt], { shop });
    return (await shops.settle(body, shop)).status;
  };
  expect(await order(api.shopA)).toBe('placed');
  expect(await order(api.shopA)).toBe('rejected');
  expect(await order(api.shopB)).toBe('placed');
});

test.each([
  ['eleven codes', Array.from({ length: 11 }, (_, n) => `C${n}`), 'discountCodes'],
  ['an empty code', ['A', ''], 'discountCodes.1'],
  ['a blank code', [' \t'], 'discountCodes.0'],
  ['a code of 65 characters', ['x'.repeat(65)], 'discountCodes.0'],
  ['a code that is a MongoDB operator', [{ $ne: '' }], 'discountCodes.0'],
  ['codes that are not a list', 'CODE', 'discountCodes'],
  ['codes that are null', null, 'discountCodes'],
])('a checkout with %s is refused and not stored', async (_, codes, path) => {
  const before = await api.context.store.checkouts.countDocuments({});
  const answer = await shops.post(codes);
  expect(answer).toMatchObject({ status: 400, body: { code: 'invalid_request' } });
  expect(JSON.stringify(answer.body)).toContain(`"path":"${path}"`);
  expect(await api.context.store.checkouts.countDocuments({})).toBe(before);
});
