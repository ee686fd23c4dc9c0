import { expect, test } from 'vitest';
import { givenCheckouts, givenVariants, toPricedLine } from '../../../shared/testing/builders.ts';
import { rawCollection } from '../../../shared/testing/raw-collection.ts';
import { openTestApi } from '../../testing/start-test-api.ts';
import { callOps } from '../testing/ops-calls.ts';

const api = await openTestApi({ isOpsWritable: true });
const at = (minute: number) => new Date(Date.UTC(2026, 0, 1, 12, minute));
const HOUR = { from: '2026-01-01T12:00:00Z', to: '2026-01-01T13:00:00Z' };

const find = (query: Record<string, string>) =>
  callOps(api.url, { method: 'GET', path: `/ops/parked?${new URLSearchParams(query)}` });
const replay = (body: Record<string, string | string[]>) =>
  callOps(api.url, { method: 'POST', path: '/ops/parked/replay' }, undefined, body);

/** Parks one checkout in each minute; checkouts of odd minutes have another reason. */
async function givenParked(count: number): Promise<string[]> {
  const { store } = api.context;
  const [variant] = await givenVariants(store, [{ onHand: 5 }]);
  const specs = Array.from({ length: count }, (_, minute) => ({
    lines: [toPricedLine(variant)],
    receivedAt: at(minute),
    status: 'failed' as const,
    failure: minute % 2 === 0 ? 'Document failed validation' : 'a bug',
  }));
  return (await givenCheckouts(store, specs)).map(({ _id }) => _id);
}

test('parked checkouts are found by time and reason, newest first, and are replayed with the same filter', async () => {
  const ids = await givenParked(6);
  const found = await find(HOUR);
  expect(found.status).toBe(200);
  expect(found.body).toMatchObject({ searchedFrom: '2026-01-01T12:00:00.000Z' });
  expect((found.body['items'] as { id: string }[]).map(({ id }) => id)).toEqual(ids.toReversed());
  const filter = { from: at(2).toISOString(), to: at(5).toISOString(), reason: 'failed val' };
  expect((await find(filter)).body['items']).toEqual([
    {
      id: ids[4],
      receivedAt: at(4).toISOString(),
      reason: 'Document failed validation',
      replays: 0,
    },
    {
      id: ids[2],
      receivedAt: at(2).toISOString(),
      reason: 'Document failed validation',
      replays: 0,
    },
  ]);
  expect((await find({ ...HOUR, reason: '.*' })).body['items']).toEqual([]);

  const seen = [ids[4] as string, ids[5] as string];
  expect((await replay({ ...filter, ids: seen })).body).toMatchObject({ replayed: [ids[4]] });
  expect((await replay(filter)).body).toMatchObject({ replayed: [ids[2]], refused: [] });
  expect((await replay(filter)).body).toMatchObject({ replayed: [], refused: [] });
  const { body } = await callOps(api.url, { method: 'GET', path: '/ops/audit' });
  expect(body['items']).toMatchObject([
    { action: 'ops.checkout_replayed', target: ids[2] },
    { action: 'ops.checkout_replayed', target: ids[4] },
  ]);
});

test('a checkout whose cart has changed is reported; the others are replayed', async () => {
  const { store } = api.context;
  const ids = await givenParked(2);
  const cart = await api.shopA.post('/v1/carts', { buyerId: 'buyer-1' });
  const set = { $set: { cartId: cart.body.id } };
  await rawCollection(store, 'checkouts').updateOne({ _id: ids[1] }, set);
  const { body } = await replay(HOUR);
  expect(body['replayed']).toContain(ids[0]);
  expect(body['refused']).toEqual([{ id: ids[1], code: 'cart_changed' }]);
});

test('a search returns at most a hundred checkouts and reports how far back it went', async () => {
  const { store } = api.context;
  const [variant] = await givenVariants(store, [{ onHand: 5 }]);
  const parked = { lines: [toPricedLine(variant)], status: 'failed', failure: 'many' } as const;
  const receivedAt = (second: number) => new Date(Date.UTC(2026, 1, 1, 12, 0, second));
  await givenCheckouts(
    store,
    Array.from({ length: 101 }, (_, second) => ({ ...parked, receivedAt: receivedAt(second) })),
  );
  const { body } = await find({ from: '2026-02-01T00:00:00Z', to: '2026-02-02T00:00:00Z' });
  expect(body['items']).toHaveLength(100);
  expect(body).toMatchObject({ searchedFrom: receivedAt(1).toISOString() });
});

test('without times the last day is searched', async () => {
  const { store } = api.context;
  const [variant] = await givenVariants(store, [{ onHand: 5 }]);
  const parked = { lines: [toPricedLine(variant)], status: 'failed', failure: 'today' } as const;
  const now = Date.now();
  const receivedAt = (daysAgo: number) => new Date(now - daysAgo * 24 * 3_600_000);
  const [today] = await givenCheckouts(store, [
    { ...parked, receivedAt: receivedAt(0.5) },
    { ...parked, receivedAt: receivedAt(1.5) },
  ]);
  expect((await find({ reason: 'today' })).body['items']).toMatchObject([{ id: today?._id }]);
});

test('a replay needs both times', async () => {
  const { status, body } = await replay({ from: HOUR.from });
  expect([status, body['errors']]).toEqual([400, [expect.objectContaining({ path: 'to' })]]);
});

test.each([
  [{ ...HOUR, from: 'yesterday' }, 'from'],
  [{ from: HOUR.to, to: HOUR.from }, 'to'],
  [{ ...HOUR, to: '9999-12-31T23:59:59-05:00' }, 'to'],
  [{ ...HOUR, reason: '' }, 'reason'],
  [{ ...HOUR, status: 'placed' }, 'status'],
] as const)('%j is refused, and the error names %s', async (filter, path) => {
  for (const { status, body } of [await find(filter), await replay(filter)]) {
    expect([status, body['code']]).toEqual([400, 'invalid_request']);
    expect(body['errors']).toEqual([expect.objectContaining({ path })]);
  }
});
