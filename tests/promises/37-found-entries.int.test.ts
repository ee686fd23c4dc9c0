import { expect, test } from 'vitest';
import { callOps } from '../../api/ops/testing/ops-calls.ts';
import { givenForSale } from '../../api/testing/requests.ts';
import { openTestApi } from '../../api/testing/start-test-api.ts';
import { withdrawCheckouts } from '../../shared/ledger/withdraw-checkout.ts';
import { fanOut } from '../../worker/fan-out-events/fan-out.ts';
import { indexRequested } from '../../worker/index-search/index-search.ts';

const LENGTH_MS = 600_000;
const api = await openTestApi();
const { store, ledger, clock } = api.context;

interface RecordPage {
  readonly items: readonly { readonly id: string; readonly status: string }[];
}

async function find(query: Record<string, string>) {
  const path = `/ops/records?${new URLSearchParams(query)}`;
  const { items } = (await callOps(api.url, { method: 'GET', path })).body as unknown as RecordPage;
  return items.map(({ id, status }) => ({ id, status }));
}

async function enter(drawId: string, variantId: string, buyerId: string) {
  const body = { buyerId, drawId, lines: [{ variantId, quantity: 1 }] };
  const headers = { 'idempotency-key': `entry-${buyerId}` };
  const answer = await api.shopA.post<{ id: string }>('/v1/checkouts', body, headers);
  expect(answer.status).toBe(202);
  return answer.body.id;
}

test('operators find the entries of a draw as soon as they are accepted', async () => {
  const { variantId } = await givenForSale(api.shopA);
  const [opensAt, closesAt] = [0, LENGTH_MS].map((ms) => new Date(Date.now() + ms).toISOString());
  const terms = { variantId, quantity: 1, opensAt, closesAt };
  const { body: draw } = await api.shopA.post<{ id: string }>('/v1/draws', terms);
  const [ada, bob] = await Promise.all(
    ['Ada', 'Bob'].map((buyerId) => enter(draw.id, variantId, buyerId)),
  );
  await indexRequested(store);
  expect(await find({ q: 'ada' })).toEqual([{ id: ada, status: 'waiting' }]);
  expect(await find({ q: 'bob', status: 'waiting' })).toEqual([{ id: bob, status: 'waiting' }]);
  expect(await find({ status: 'waiting' })).toHaveLength(2);

  await withdrawCheckouts(ledger, [ada ?? '']);
  await fanOut({ store, clock });
  await indexRequested(store);
  expect(await find({ status: 'waiting' })).toEqual([{ id: bob, status: 'waiting' }]);
  expect(await find({ q: 'ada' })).toEqual([{ id: ada, status: 'rejected' }]);
});
