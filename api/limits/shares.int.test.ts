import { afterAll, beforeAll, expect, test } from 'vitest';
import { type ApiAnswer, tokenClient } from '../../shared/testing/api-client.ts';
import { testNamespace } from '../../shared/testing/harness.ts';
import { runConcurrently } from '../../shared/testing/run-concurrently.ts';
import { givenSeller } from '../testing/sessions.ts';
import { startTestApi, type TestApi, type TestShop } from '../testing/start-test-api.ts';
import { buyerShare } from './count-request.ts';

const QUOTA = 60;
const ALL_SHARE = 48;
/** Requests that two processes admit before they ask Redis. */
const OWN = 2;
const AT_ONCE = 6;

const namespace = testNamespace();
let apis: readonly [TestApi, TestApi];

/** Two processes of one system. */
beforeAll(async () => {
  const first = await startTestApi(namespace, { quotas: { key: QUOTA, address: 1_000_000 } });
  const { secrets, quotas } = first.context.config;
  apis = [first, await startTestApi(namespace, { secrets, quotas })];
});
afterAll(() => Promise.all(apis.map((api) => api.close())));

async function givenBuyer(storefront: TestShop, buyerId: string) {
  const { body } = await storefront.post<{ token: string }>('/v1/buyer-tokens', { buyerId });
  const clients = apis.map(({ url }) => tokenClient(url, body.token));
  return (n: number) => clients[n % 2]?.get('/v1/products') as Promise<ApiAnswer<{ code: string }>>;
}

async function givenStorefront(): Promise<TestShop> {
  return apis[0].withScopes(apis[0].shopA, ['catalog:read', 'checkouts:write']);
}

const passed = (answers: readonly { readonly status: number }[]) =>
  answers.filter(({ status }) => status === 200).length;

test('a buyer uses up its share of the key’s quota, and the storefront is served', async () => {
  const storefront = await givenStorefront();
  const read = await givenBuyer(storefront, 'greedy');
  const answers = await runConcurrently(QUOTA - 1, AT_ONCE, read);
  expect(passed(answers)).toBeGreaterThanOrEqual(10);
  expect(passed(answers)).toBeLessThanOrEqual(10 + OWN);
  expect(answers[0]?.headers.get('ratelimit-policy')).toBe('"buyer";q=10;w=60');
  const refused = answers.find(({ status }) => status === 429);
  expect(refused?.body.code).toBe('too_many_requests');
  expect(Number(refused?.headers.get('retry-after'))).toBeGreaterThan(0);

  const other = await givenBuyer(storefront, 'modest');
  expect((await other(0)).status).toBe(200);
  for (let n = 0; n < 20; n += 1) expect((await storefront.get('/v1/products')).status).toBe(200);
});

test('all buyers together leave a fifth to the storefront, and refused requests do not count', async () => {
  const storefront = await givenStorefront();
  const reads = await Promise.all(
    Array.from({ length: 10 }, (_, n) => givenBuyer(storefront, `buyer ${n}`)),
  );
  const answers = await runConcurrently(
    200,
    AT_ONCE,
    (n) => reads[n % 10]?.(n) ?? Promise.reject(),
  );
  expect(passed(answers)).toBeLessThanOrEqual(ALL_SHARE);
  // The storefront has created ten tokens.
  const own = await runConcurrently(20, 1, () => storefront.get('/v1/products'));
  expect(passed(own)).toBeGreaterThanOrEqual(QUOTA - ALL_SHARE - 10);
});

test('all sessions of a shop share one quota, separate from its keys', async () => {
  const seller = await givenSeller(apis[0]);
  const answers = await runConcurrently(2 * QUOTA, AT_ONCE, () => seller.get('/v1/shop'));
  expect(passed(answers)).toBe(QUOTA);
  expect(answers[0]?.headers.get('ratelimit-policy')).toBe(`"shop";q=${QUOTA};w=60`);
  const other = await givenSeller(apis[0]);
  expect((await other.get('/v1/shop')).status).toBe(200);
});

test.each([
  [1_000_000, 10, 100_000],
  [1_000, 10, 100],
  [60, 10, 10],
  [10, 10, 5],
  [1, 10, 1],
  [60, 100, 60],
])('of %i requests a minute, %i %% are %i for a buyer', (quota, percent, share) => {
  expect(buyerShare(quota, percent)).toBe(share);
});
