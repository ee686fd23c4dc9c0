import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest';
import { settleCheckouts } from '../../shared/ledger/settle-checkouts.ts';
import { testNamespace } from '../../shared/testing/harness.ts';
import { callOps } from '../ops/testing/ops-calls.ts';
import { givenForSale } from '../testing/requests.ts';
import { startTestApi, type TestApi } from '../testing/start-test-api.ts';

const WAITING_MAX = 5;
const PATIENCE = { timeout: 15_000 };

const namespace = testNamespace();
let api: TestApi;
let variantId: string;
let keys = 0;

beforeAll(async () => {
  api = await startTestApi(namespace, { load: { checkoutsWaitingMax: WAITING_MAX } });
  ({ variantId } = await givenForSale(api.shopA));
});
afterAll(() => api.close());

function newKey(): string {
  keys += 1;
  return `key-${keys}`;
}

function post(target = api, key = newKey()) {
  const request = { buyerId: 'b', lines: [{ variantId, quantity: 1 }] };
  return target.shopA.post('/v1/checkouts', request, { 'idempotency-key': key });
}

const countStored = () => api.context.store.checkouts.countDocuments();

test('without a worker checkouts are accepted up to the limit, then refused and not stored', async () => {
  const accepted = [];
  for (let n = 1; n <= WAITING_MAX; n += 1) {
    accepted.push(await post());
    // A checkout that is stored during a count may be counted twice, until the next count.
    await expect.poll(async () => api.context.backlog.waiting, PATIENCE).toBe(n);
  }
  expect(new Set(accepted.map(({ status }) => status))).toEqual(new Set([202]));
  const refused = await post(api, 'refused');
  expect(refused).toMatchObject({
    status: 503,
    body: { code: 'overloaded', reason: 'checkouts_waiting', retryAfterS: 10 },
  });
  expect(refused.headers.get('retry-after')).toBe('10');
  expect(await countStored()).toBe(WAITING_MAX);

  const id = accepted[0]?.body.id ?? '';
  expect((await api.shopA.get(`/v1/checkouts/${id}`)).status).toBe(200);
  expect((await api.anonymous.get('/readyz')).status).toBe(200);
  expect((await api.shopA.get('/v1/products')).status).toBe(200);
  const { text } = await callOps(api.url, { method: 'GET', path: '/metrics' });
  expect(text).toContain('lastunit_requests_shed_total{reason="checkouts_waiting"} 1');

  // A process that starts later counts the same checkouts.
  const other = await startTestApi(namespace, { load: { checkoutsWaitingMax: WAITING_MAX } });
  onTestFinished(() => other.close());
  await expect.poll(async () => other.context.backlog.waiting, PATIENCE).toBe(WAITING_MAX);
  expect((await other.shopA.post('/v1/checkouts', {}, {})).status).toBe(503);

  const ids = accepted.map(({ body }) => body.id);
  await settleCheckouts(api.context.ledger, ids);
  await expect.poll(async () => (await post(api, 'refused')).status, PATIENCE).toBe(202);
  expect(await countStored()).toBe(WAITING_MAX + 1);
});

test('requests in progress are bounded; reads of a checkout and probes are still served, and waits do not count', async () => {
  const narrow = await startTestApi(namespace, { load: { requestsMax: 1 } });
  onTestFinished(() => narrow.close());
  const { body } = await post(narrow);
  const waiting = narrow.shopA.post(
    '/v1/checkouts',
    { buyerId: 'b', lines: [{ variantId, quantity: 1 }] },
    { 'idempotency-key': 'waits', prefer: 'wait=30' },
  );
  await expect.poll(() => narrow.context.waitSlots.openCount('wait'), PATIENCE).toBe(1);
  expect(narrow.context.load.inProgress).toBe(0);

  const leave = narrow.context.load.enter('other');
  const refused = await post(narrow);
  expect(refused).toMatchObject({
    status: 503,
    body: { code: 'overloaded', reason: 'requests_in_progress' },
  });
  expect(refused.headers.get('retry-after')).toMatch(/^[123]$/);
  expect((await narrow.shopA.get('/v1/products')).status).toBe(503);
  expect((await narrow.shopA.get(`/v1/checkouts/${body.id}`)).status).toBe(200);
  expect((await narrow.anonymous.get('/healthz')).status).toBe(200);
  leave();
  expect((await post(narrow)).status).toBe(202);
  narrow.context.outcomes.stop();
  expect((await waiting).status).toBe(202);
});
