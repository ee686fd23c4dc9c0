import { afterAll, beforeAll, beforeEach, expect, onTestFinished, test, vi } from 'vitest';
import { settleCheckouts } from '../../shared/ledger/settle-checkouts.ts';
import { testNamespace } from '../../shared/testing/harness.ts';
import { givenForSale } from '../testing/requests.ts';
import { startTestApi, type TestApi } from '../testing/start-test-api.ts';

interface Shown {
  readonly id: string;
  readonly status: string;
  readonly rejection?: { readonly code: string };
}

/** A system without a worker: the tests settle the checkouts. */
const namespace = testNamespace();
let api: TestApi;
let variantId: string;
let requests = 0;
let key: string;

beforeAll(async () => {
  api = await startTestApi(namespace, { waits: { perBuyer: 5, perShop: 5, inAll: 5 } });
});
afterAll(() => api.close());
beforeEach(async () => {
  requests += 1;
  key = `one-request-${requests}`;
  ({ variantId } = await givenForSale(api.shopA, { onHand: 1 }));
});

const post = (prefer?: string, quantity = 1) =>
  api.shopA.post<Shown>(
    '/v1/checkouts',
    { buyerId: 'b', lines: [{ variantId, quantity }] },
    { 'idempotency-key': key, ...(prefer !== undefined && { prefer }) },
  );

/** Settles the queued checkout as soon as it is stored, as a worker of another process would. */
async function settleSoon(): Promise<void> {
  const { store, ledger } = api.context;
  const find = () => store.checkouts.findOne({ status: 'queued', 'lines.variantId': variantId });
  await expect.poll(find).not.toBeNull();
  const record = await find();
  await settleCheckouts(ledger, [record?._id ?? '']);
}

test('a buyer gets the outcome with one request', async () => {
  const [{ status, headers, body }] = await Promise.all([post('wait=20'), settleSoon()]);
  expect(status).toBe(200);
  expect(body).toMatchObject({ status: 'placed', orders: [{ shopId: api.shopA.shopId }] });
  expect(headers.get('location')).toBe(`/v1/checkouts/${body.id}`);
  expect(headers.get('retry-after')).toBeNull();
  expect((await api.shopA.get(`/v1/checkouts/${body.id}`)).body).toEqual(body);
});

test('a request that waits does not read its new checkout before an event reports a change', async () => {
  const { outcomes } = api.context;
  const reads = vi.spyOn(outcomes, 'read');
  onTestFinished(() => reads.mockRestore());
  const first = post('wait=20');
  await expect.poll(() => outcomes.watchedCount).toBe(1);
  expect(reads).not.toHaveBeenCalled();
  await settleSoon();
  expect((await first).status).toBe(200);
});

test('a rejection is an outcome too', async () => {
  const [{ status, body }] = await Promise.all([post('wait=20', 2), settleSoon()]);
  expect([status, body.status, body.rejection?.code]).toEqual([200, 'rejected', 'out_of_stock']);
});

test('a checkout without an outcome in time gets a 202', async () => {
  const { status, headers, body } = await post('wait=1');
  expect([status, body.status, headers.get('retry-after')]).toEqual([202, 'queued', '1']);
});

test('a repeat gets the first 202, and the outcome if it prefers to wait', async () => {
  const first = await post();
  expect(first.status).toBe(202);
  await settleSoon();
  const again = await post();
  expect([again.status, again.body]).toEqual([202, first.body]);
  const waiting = await post('wait=5');
  expect([waiting.status, waiting.body.status]).toEqual([200, 'placed']);
  expect(waiting.headers.get('idempotent-replayed')).toBe('true');
});

test('a checkout is accepted even if all wait slots are taken', async () => {
  const { waitSlots } = api.context;
  const principal = { id: 'another', shopId: 'another', kind: 'key' } as const;
  const releases = Array.from({ length: 5 }, () => waitSlots.take('wait', principal));
  onTestFinished(() => {
    for (const release of releases) release();
  });
  const { status, body } = await post('wait=20');
  expect([status, body.status]).toEqual([202, 'queued']);
  expect(await api.context.store.checkouts.countDocuments({ _id: body.id })).toBe(1);
});
