import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest';
import { type ApiAnswer, tokenClient } from '../../shared/testing/api-client.ts';
import { testNamespace } from '../../shared/testing/harness.ts';
import { runConcurrently } from '../../shared/testing/run-concurrently.ts';
import { givenSeller } from '../testing/sessions.ts';
import { startTestApi, type TestApi, type TestShop } from '../testing/start-test-api.ts';
import { buyerShare } from './count-request.ts';

const QUOTA = 60;
const ALL_SHARE = 48;
/** Requests that each process but one may admit beyond a share, before it calls Redis. */
const LOCAL_REQUESTS = 1;
const CONCURRENCY = 6;

const namespace = testNamespace();
/** Two APIs of one system. */
let apis: readonly [TestApi, TestApi];

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

const countPassed = (answers: readonly { readonly status: number }[]) =>
  answers.filter(({ status }) => status === 200).length;

test('a buyer who exceeds a share of the key’s quota is refused, while the storefront is served', async () => {
  const storefront = await givenStorefront();
  const read = await givenBuyer(storefront, 'greedy');
  const answers = await runConcurrently(QUOTA - 1, CONCURRENCY, read);
  expect(countPassed(answers)).toBeGreaterThanOrEqual(10);
  expect(countPassed(answers)).toBeLessThanOrEqual(10 + LOCAL_REQUESTS);
  expect(answers[0]?.headers.get('ratelimit-policy')).toBe('"buyer";q=10;w=60');
  const refused = answers.find(({ status }) => status === 429);
  expect(refused?.body.code).toBe('too_many_requests');
  expect(Number(refused?.headers.get('retry-after'))).toBeGreaterThan(0);

  const other = await givenBuyer(storefront, 'modest');
  expect((await other(0)).status).toBe(200);
  for (let n = 0; n < 20; n += 1) expect((await storefront.get('/v1/products')).status).toBe(200);
});

test('a buyer gets exactly its share from one process, and RateLimit counts down from it', async () => {
  const read = await givenBuyer(await givenStorefront(), 'exact');
  const answers = await runConcurrently(12, 1, () => read(0));
  expect(answers.map(({ status }) => status)).toEqual([...Array(10).fill(200), 429, 429]);
  const remaining = answers.map(({ headers }) =>
    Number(/r=(\d+)/.exec(headers.get('ratelimit') ?? '')?.[1]),
  );
  expect(remaining).toEqual([9, 8, 7, 6, 5, 4, 3, 2, 1, 0, 0, 0]);
});

test('all buyers together leave a fifth of the quota to the storefront, and refused requests do not count', async () => {
  const storefront = await givenStorefront();
  const reads = await Promise.all(
    Array.from({ length: 10 }, (_, n) => givenBuyer(storefront, `buyer ${n}`)),
  );
  const answers = await runConcurrently(
    200,
    CONCURRENCY,
    (n) => reads[n % 10]?.(n) ?? Promise.reject(),
  );
  expect(countPassed(answers)).toBeLessThanOrEqual(ALL_SHARE);
  // The storefront has created ten tokens.
  const ownAnswers = await runConcurrently(20, 1, () => storefront.get('/v1/products'));
  expect(countPassed(ownAnswers)).toBeGreaterThanOrEqual(QUOTA - ALL_SHARE - 10);
});

test('anonymous callers of one IPv6 network share the quota of one address, over all processes', async () => {
  const own = testNamespace();
  const options = { quotas: { key: 1_000_000, address: QUOTA }, trustedProxies: 1 };
  const first = await startTestApi(own, options);
  onTestFinished(() => first.close());
  const second = await startTestApi(own, { ...options, secrets: first.context.config.secrets });
  onTestFinished(() => second.close());
  const answers = await runConcurrently(4 * QUOTA, CONCURRENCY, async (n) => {
    const headers = { 'x-forwarded-for': `2001:db8::${(n + 1).toString(16)}` };
    const { anonymous } = n % 2 === 0 ? first : second;
    return (await anonymous.get('/.well-known/jwks.json', headers)) as ApiAnswer<{ code: string }>;
  });
  expect(countPassed(answers)).toBe(QUOTA);
  expect(answers[0]?.headers.get('ratelimit-policy')).toBe(`"address";q=${QUOTA};w=60`);
  expect(answers.find(({ status }) => status === 429)?.body.code).toBe('too_many_requests');
});

test('a session of a shop has the quota of the shop, and other shops are not affected', async () => {
  const seller = await givenSeller(apis[0]);
  const answers = await runConcurrently(2 * QUOTA, CONCURRENCY, () => seller.get('/v1/shop'));
  expect(countPassed(answers)).toBe(QUOTA);
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
])('at %i requests a minute and a share of %i %%, a buyer may make %i', (quota, percent, share) => {
  expect(buyerShare(quota, percent)).toBe(share);
});
