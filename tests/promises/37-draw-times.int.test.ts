import { expect, test } from 'vitest';
import { givenForSale } from '../../api/testing/requests.ts';
import { openTestApi } from '../../api/testing/start-test-api.ts';
import type { DrawRecord } from '../../shared/store/collections/draws.ts';
import { manualClock } from '../../shared/testing/manual-clock.ts';
import { DrawRunner } from '../../worker/run-draws/draw-sweep.ts';

const LENGTH_MS = 600_000;
/** So many draws hardly ever wait for their orders at the same time. */
const OTHERS = 300;
const clock = manualClock();
const api = await openTestApi({ clock });
const { store, ledger } = api.context;

type ListedDraw = { readonly id: string; readonly createdAt: string };
type DrawPage = { readonly items: ListedDraw[]; readonly nextCursor: string | null };

/** Returns a closed draw whose units are all in pending orders. */
function toPendingDraw(template: DrawRecord, index: number): DrawRecord {
  const closed = { status: 'closed', held: 0, openOrders: 1, entryCount: 2, position: 1 } as const;
  const at = new Date(template.opensAt.getTime() - 1_000 - index);
  return {
    ...{ ...template, ...closed },
    ...{ _id: `drw_pending${index}`, opensAt: at, closesAt: at, closedAt: clock.now() },
  };
}

test('a draw closes on time while many other draws wait for their orders', async () => {
  const { variantId } = await givenForSale(api.shopA, { onHand: 1 });
  const opensAt = clock.now().toISOString();
  const closesAt = new Date(clock.now().getTime() + LENGTH_MS).toISOString();
  const request = { variantId, quantity: 1, opensAt, closesAt };
  const { body: draw } = await api.shopA.post<{ id: string }>('/v1/draws', request);
  const record = await store.draws.findOne({ _id: draw.id });
  if (record === null) throw new Error('no draw');
  const others = Array.from({ length: OTHERS }, (_, index) => toPendingDraw(record, index));
  await store.draws.insertMany(others);
  const key = { 'idempotency-key': 'one-entry' };
  const lines = [{ variantId, quantity: 1 }];
  const entry = { buyerId: 'ana', drawId: draw.id, lines };
  expect((await api.shopA.post('/v1/checkouts', entry, key)).status).toBe(202);
  clock.advance(LENGTH_MS);
  await new DrawRunner(ledger).round();
  expect((await api.anonymous.get(`/v1/draws/${draw.id}`)).body).toMatchObject({
    entryCount: 1,
    winnerCount: 1,
  });
});

test('the Retry-After of an entry follows the closing time of its draw', async () => {
  const { variantId } = await givenForSale(api.shopA, { onHand: 1 });
  const opensAt = clock.now().toISOString();
  const closesAt = new Date(clock.now().getTime() + 90_000).toISOString();
  const request = { variantId, quantity: 1, opensAt, closesAt };
  const { body: draw } = await api.shopA.post<{ id: string }>('/v1/draws', request);
  const body = { buyerId: 'ana', drawId: draw.id, lines: [{ variantId, quantity: 1 }] };
  const enter = () =>
    api.shopA.post<{ id: string }>('/v1/checkouts', body, { 'idempotency-key': 'again' });
  const entered = await enter();
  expect([entered.status, entered.headers.get('retry-after')]).toEqual([202, '60']);
  clock.advance(60_000);
  expect((await enter()).headers.get('retry-after')).toBe('30');
  const read = () => api.shopA.get(`/v1/checkouts/${entered.body.id}`);
  expect((await read()).headers.get('retry-after')).toBe('30');
  await new DrawRunner(ledger).round();
  clock.advance(30_000);
  expect((await read()).headers.get('retry-after')).toBe('5');
  await new DrawRunner(ledger).round();
  expect((await read()).headers.get('retry-after')).toBeNull();
});

test('a draw cannot be cancelled after its end, even before a worker has closed it', async () => {
  const { variantId } = await givenForSale(api.shopA, { onHand: 1 });
  const opensAt = clock.now().toISOString();
  const closesAt = new Date(clock.now().getTime() + 1_000).toISOString();
  const request = { variantId, quantity: 1, opensAt, closesAt };
  const { body: draw } = await api.shopA.post<{ id: string }>('/v1/draws', request);
  clock.advance(1_000);
  expect(await api.shopA.post(`/v1/draws/${draw.id}/cancel`)).toMatchObject({
    ...{ status: 409, body: { code: 'draw_closed', drawId: draw.id } },
  });
  await new DrawRunner(ledger).round();
  expect((await api.anonymous.get(`/v1/draws/${draw.id}`)).body).toMatchObject({
    status: 'settled',
  });
});

test('draws are listed newest first, also those that were created with an Idempotency-Key', async () => {
  const { variantId } = await givenForSale(api.shopB, { onHand: 12 });
  const opensAt = clock.now().toISOString();
  const closesAt = new Date(clock.now().getTime() + LENGTH_MS).toISOString();
  const request = { variantId, quantity: 1, opensAt, closesAt };
  const created: ListedDraw[] = [];
  for (let index = 0; index < 12; index += 1) {
    // Pairs of draws are created in the same moment.
    clock.advance(index % 2);
    const headers = index % 3 === 0 ? {} : { 'idempotency-key': `listed-${index}` };
    created.push((await api.shopB.post<ListedDraw>('/v1/draws', request, headers)).body);
  }
  const listed: ListedDraw[] = [];
  for (let after = ''; listed.length < created.length; ) {
    const { body } = await api.shopB.get<DrawPage>(`/v1/draws?limit=5${after}`);
    listed.push(...body.items);
    if (body.nextCursor === null) break;
    after = `&cursor=${body.nextCursor}`;
  }
  expect(new Set(listed.map(({ id }) => id))).toEqual(new Set(created.map(({ id }) => id)));
  const times = listed.map(({ createdAt }) => createdAt);
  expect(times).toEqual(created.map(({ createdAt }) => createdAt).toReversed());
});
