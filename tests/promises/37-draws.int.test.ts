import { execFile } from 'node:child_process';
import { createHash, createHmac } from 'node:crypto';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';
import { givenForSale } from '../../api/testing/requests.ts';
import { openTestApi } from '../../api/testing/start-test-api.ts';
import { findDifferences } from '../../shared/ledger/judging/reconcile.ts';
import { takeVerdict } from '../../shared/ledger/judging/verdict.ts';
import { projectRoot } from '../../shared/runtime/env.ts';
import { manualClock } from '../../shared/testing/manual-clock.ts';
import { expireReservations } from '../../worker/expire-reservations/expiry-sweep.ts';
import { DrawRunner } from '../../worker/run-draws/draw-sweep.ts';

interface ShownDraw {
  readonly id: string;
  readonly status: string;
  readonly entryCount: number;
  readonly seedHash: string;
  readonly seed?: string;
  readonly entries?: string[];
  readonly winners?: string[];
  readonly passedOver?: { id: string; code: string }[];
}

interface ShownCheckout {
  readonly id: string;
  readonly status: string;
  readonly code?: string;
  readonly checkoutId?: string;
  readonly orders: { id: string }[];
  readonly rejection?: { code: string };
}

const TTL_MS = 60_000;
const LENGTH_MS = 600_000;
const clock = manualClock();
const api = await openTestApi({ clock, reservationTtlMs: TTL_MS });
const { store, ledger } = api.context;
const runner = new DrawRunner(ledger);
let keys = 0;

const inMs = (ms: number) => new Date(clock.now().getTime() + ms).toISOString();

async function givenDraw(quantity: number, terms: object = {}, onHand = quantity) {
  const { variantId, productId } = await givenForSale(api.shopA, { onHand });
  const times = { opensAt: inMs(0), closesAt: inMs(LENGTH_MS) };
  const request = { variantId, quantity, ...times, ...terms };
  const { body, status } = await api.shopA.post<ShownDraw>('/v1/draws', request);
  expect(status).toBe(201);
  return { drawId: body.id, seedHash: body.seedHash, variantId, productId };
}

type GivenDraw = Awaited<ReturnType<typeof givenDraw>>;

async function enter(
  { drawId, variantId }: Pick<GivenDraw, 'drawId' | 'variantId'>,
  buyerId: string,
  {
    quantity = 1,
    front = api.shopA,
    ...more
  }: { quantity?: number; front?: typeof api.shopA } & {
    discountCodes?: string[];
  } = {},
) {
  keys += 1;
  const body = { buyerId, drawId, lines: [{ variantId, quantity }], ...more };
  const headers = { 'idempotency-key': `draw-${keys}` };
  return front.post<ShownCheckout>('/v1/checkouts', body, headers);
}

async function enterAll(draw: GivenDraw, count: number, quantity = 1): Promise<string[]> {
  const entered = await Promise.all(
    Array.from({ length: count }, (_, buyer) => enter(draw, `buyer-${buyer}`, { quantity })),
  );
  for (const { status, body } of entered) {
    expect([status, body.status]).toEqual([202, 'waiting']);
  }
  return entered.map(({ body }) => body.id);
}

const readDraw = async ({ drawId }: Pick<GivenDraw, 'drawId'>) =>
  (await api.anonymous.get<ShownDraw>(`/v1/draws/${drawId}`)).body;
const readCheckout = async (id: string) =>
  (await api.shopA.get<ShownCheckout>(`/v1/checkouts/${id}`)).body;
const sortBySeed = (seed: string, ids: readonly string[]) => {
  const hash = (id: string) =>
    createHmac('sha256', Buffer.from(seed, 'hex')).update(id).digest('hex');
  return ids
    .map((id) => [hash(id), id] as const)
    .sort(([first], [second]) => (first < second ? -1 : 1))
    .map(([, id]) => id);
};

async function close() {
  clock.advance(LENGTH_MS);
  await runner.round();
}

async function confirmAll(ids: readonly string[]) {
  for (const id of ids) {
    const [order] = (await readCheckout(id)).orders;
    expect((await api.shopA.post(`/v1/orders/${order?.id}/confirm`)).status).toBe(200);
  }
}

async function readLevel(variantId: string) {
  const { body } = await api.shopA.get<{ available: number; reserved: number; sold: number }>(
    `/v1/inventory/${variantId}`,
  );
  return body;
}

async function expectConsistent() {
  expect(await findDifferences({ store })).toEqual([]);
  expect(await takeVerdict(store, { drained: true })).toMatchObject({ ok: true, inversions: 0 });
}

const verify = (drawId: string) =>
  promisify(execFile)(process.execPath, ['commands/verify-draw.mjs', drawId, '--url', api.url], {
    cwd: projectRoot,
  }).then(
    ({ stdout }) => stdout,
    (error: { stderr: string }) => error.stderr,
  );

test('winners are the entries in the order of the committed seed, and the others are not drawn', async () => {
  const draw = await givenDraw(3, {}, 5);
  expect(await readLevel(draw.variantId)).toMatchObject({ available: 2, reserved: 3 });
  await expectConsistent();
  const ids = await enterAll(draw, 10);
  const open = await readDraw(draw);
  expect(open).toMatchObject({ status: 'open', entryCount: 10, seedHash: draw.seedHash });
  for (const secret of ['seed', 'entries', 'winners']) expect(open).not.toHaveProperty(secret);
  await close();
  const closed = await readDraw(draw);
  expect(closed).toMatchObject({ status: 'closed', entryCount: 10, passedOver: [] });
  const seed = closed.seed ?? '';
  expect(createHash('sha256').update(Buffer.from(seed, 'hex')).digest('hex')).toBe(draw.seedHash);
  expect(closed.entries?.toSorted()).toEqual(ids.toSorted());
  const order = sortBySeed(seed, ids);
  expect(closed.winners).toEqual(order.slice(0, 3));
  const statuses = await Promise.all(order.map(async (id) => (await readCheckout(id)).status));
  expect(statuses).toEqual([...Array(3).fill('placed'), ...Array(7).fill('waiting')]);
  await confirmAll(order.slice(0, 3));
  await runner.round();
  for (const id of order.slice(3)) {
    expect(await readCheckout(id)).toMatchObject({
      status: 'rejected',
      rejection: { code: 'not_drawn' },
    });
  }
  expect(await readDraw(draw)).toMatchObject({ status: 'settled', winners: order.slice(0, 3) });
  expect(await readLevel(draw.variantId)).toMatchObject({ available: 2, reserved: 0, sold: 3 });
  expect(await verify(draw.drawId)).toContain('10 entries, 3 winners');
  const outbox = await store.outbox.find({ 'events.subjectId': draw.drawId }).toArray();
  const types = outbox.flatMap(({ events }) => events.map(({ type }) => type));
  expect(types.filter((type) => type.startsWith('draw.'))).toEqual([
    ...['draw.opened', 'draw.closed', 'draw.settled'],
  ]);
  await expectConsistent();
});

test('units of lapsed and cancelled winners go to the next entries in the order, and finally on sale', async () => {
  const draw = await givenDraw(2);
  const ids = await enterAll(draw, 4);
  await close();
  const order = sortBySeed((await readDraw(draw)).seed ?? '', ids);
  const [first = '', second = '', third = '', fourth = ''] = order;
  const [cancelled] = (await readCheckout(first)).orders;
  await api.shopA.post(`/v1/orders/${cancelled?.id}/cancel`, { reason: 'changed my mind' });
  // No other buyer gets the units: the transaction that frees them sets them aside again.
  expect(await readLevel(draw.variantId)).toMatchObject({ available: 0, reserved: 2 });
  await expectConsistent();
  await runner.round();
  expect((await readCheckout(third)).status).toBe('placed');
  clock.advance(TTL_MS);
  await expireReservations(ledger, new AbortController().signal);
  expect(await readLevel(draw.variantId)).toMatchObject({ available: 0, reserved: 2 });
  await runner.round();
  expect((await readCheckout(fourth)).status).toBe('placed');
  expect(await readDraw(draw)).toMatchObject({ winners: [first, second, third, fourth] });
  // One unit is left over, and no one waits for it.
  expect(await readLevel(draw.variantId)).toMatchObject({ available: 1, reserved: 1 });
  await runner.round();
  expect((await readDraw(draw)).status).toBe('settled');
  expect(await verify(draw.drawId)).toContain('4 winners');
  await expectConsistent();
});

test('a draw accepts one entry for each buyer, within its times, for its variant and up to its quantity', async () => {
  const opensAt = inMs(10_000);
  const draw = await givenDraw(2, { opensAt, perBuyer: 2 });
  const early = await enter(draw, 'ana');
  expect(early).toMatchObject({ status: 409, body: { code: 'draw_not_open_yet', opensAt } });
  expect(early.headers.get('retry-after')).toBe('10');
  clock.advance(10_000);
  const first = await enter(draw, 'ana', { quantity: 2 });
  expect(first).toMatchObject({ status: 202, body: { status: 'waiting', drawId: draw.drawId } });
  expect(await readCheckout(first.body.id)).not.toHaveProperty('queue');
  const errors = [{ path: 'drawId' }];
  expect(await enter(draw, 'ana')).toMatchObject({
    ...{ status: 409, body: { code: 'already_entered', checkoutId: first.body.id, errors } },
  });
  expect(await enter(draw, 'bob', { quantity: 3 })).toMatchObject({
    ...{ status: 422, body: { code: 'draw_quantity_exceeded', perBuyer: 2 } },
  });
  const other = await givenForSale(api.shopA);
  expect(await enter({ ...draw, variantId: other.variantId }, 'bob')).toMatchObject({
    ...{ status: 422, body: { code: 'draw_variant_mismatch' } },
  });
  expect(await enter({ ...draw, drawId: 'drw_no' }, 'bob')).toMatchObject({
    ...{ status: 422, body: { code: 'unknown_draw' } },
  });
  expect(await enter(draw, 'bob', { front: api.shopB })).toMatchObject({
    ...{ status: 403, body: { code: 'storefront_not_listed' } },
  });
  clock.advance(LENGTH_MS - 10_000 - 1);
  expect((await enter(draw, 'bob')).status).toBe(202);
  clock.advance(1);
  const closed = { status: 409, body: { code: 'draw_closed', errors } };
  expect(await enter(draw, 'eve')).toMatchObject(closed);
  expect((await readDraw(draw)).entryCount).toBe(2);
  await runner.round();
  expect(await enter(draw, 'eve')).toMatchObject(closed);
});

test('an entry withdrawn before the close does not count, and its buyer can enter again; an entry withdrawn after the close still counts', async () => {
  const draw = await givenDraw(1);
  const first = await enter(draw, 'ana');
  await api.shopA.post(`/v1/checkouts/${first.body.id}/withdraw`);
  expect((await readDraw(draw)).entryCount).toBe(0);
  const again = await enter(draw, 'ana');
  expect(again.status).toBe(202);
  const others = await Promise.all(['bob', 'eve'].map((buyer) => enter(draw, buyer)));
  await close();
  const ids = [again, ...others].map(({ body }) => body.id);
  const [winner = '', second = '', third = ''] = sortBySeed((await readDraw(draw)).seed ?? '', ids);
  await api.shopA.post(`/v1/checkouts/${second}/withdraw`);
  const [order] = (await readCheckout(winner)).orders;
  await api.shopA.post(`/v1/orders/${order?.id}/cancel`, { reason: 'no money' });
  await runner.round();
  expect(await readDraw(draw)).toMatchObject({
    entryCount: 3,
    winners: [winner, third],
    passedOver: [{ id: second, code: 'withdrawn' }],
  });
  expect(await verify(draw.drawId)).toContain('3 entries, 2 winners');
  await expectConsistent();
});

test('an entry for more units than are left is skipped, and so is an entry beyond a purchase limit', async () => {
  const draw = await givenDraw(3, { perBuyer: 2 });
  const purchaseLimit = { quantity: 1 };
  await api.shopA.send('PATCH', `/v1/products/${draw.productId}`, { purchaseLimit });
  const ids = [
    ...(await enterAll(draw, 4, 2)),
    ...(await Promise.all(['x', 'y'].map(async (buyer) => (await enter(draw, buyer)).body.id))),
  ];
  await close();
  const { seed = '', winners = [], passedOver = [] } = await readDraw(draw);
  const order = sortBySeed(seed, ids);
  const singles = order.filter((id) => ids.indexOf(id) >= 4);
  expect(winners).toEqual(singles);
  const last = order.indexOf(singles[1] ?? '');
  const before = order.slice(0, last).filter((id) => !singles.includes(id));
  expect(passedOver).toEqual(before.map((id) => ({ id, code: expect.any(String) })));
  expect(await verify(draw.drawId)).toContain('6 entries, 2 winners');
  await expectConsistent();
});

test('a draw of more units than the stock, or with an end that is not after its start, is refused, and a repeated request creates one draw', async () => {
  const { variantId } = await givenForSale(api.shopA, { onHand: 3 });
  const times = { opensAt: inMs(0), closesAt: inMs(1_000) };
  const request = { variantId, quantity: 2, ...times };
  const post = (body: object, headers = {}) =>
    api.shopA.post<ShownDraw>('/v1/draws', body, headers);
  expect(await post({ ...request, quantity: 4 })).toMatchObject({
    ...{ status: 409, body: { code: 'draw_exceeds_stock', available: 3 } },
  });
  expect(await post({ ...request, closesAt: times.opensAt })).toMatchObject({
    ...{ status: 422, body: { code: 'draw_ends_before_start', errors: [{ path: 'closesAt' }] } },
  });
  expect(await post({ ...request, perBuyer: 3 })).toMatchObject({ status: 400 });
  const headers = { 'idempotency-key': 'one-draw' };
  const [created, repeated] = [await post(request, headers), await post(request, headers)];
  expect([created.status, repeated.status]).toEqual([201, 201]);
  expect(repeated.body.id).toBe(created.body.id);
  expect(await post({ ...request, quantity: 1 }, headers)).toMatchObject({
    ...{ status: 422, body: { code: 'idempotency_key_reused' } },
  });
  expect(await readLevel(variantId)).toMatchObject({ available: 1, reserved: 2 });
  expect(await api.shopB.post('/v1/draws', request)).toMatchObject({
    ...{ status: 422, body: { code: 'unknown_variant' } },
  });
});

test('a draw is refused if its variant is not sold in any quantity that an entry may have', async () => {
  const quantityRule = { min: 2 };
  const { variantId, productId } = await givenForSale(api.shopA, { onHand: 4 });
  const withRule = { $set: { 'variants.0.quantityRule': quantityRule } };
  await store.products.updateOne({ _id: productId }, withRule);
  const request = { variantId, quantity: 4, opensAt: inMs(0), closesAt: inMs(LENGTH_MS) };
  expect(await api.shopA.post('/v1/draws', request)).toMatchObject({
    status: 422,
    body: {
      ...{ code: 'quantity_not_allowed', errors: [{ path: 'perBuyer' }] },
      ...{ variantId, quantityRule, nearestQuantity: 2 },
    },
  });
  expect(await readLevel(variantId)).toMatchObject({ available: 4 });
  const created = await api.shopA.post<ShownDraw>('/v1/draws', { ...request, perBuyer: 3 });
  expect(created.status).toBe(201);
  const draw = { drawId: created.body.id, variantId };
  expect((await enter(draw, 'ana', { quantity: 2 })).status).toBe(202);
});

test('a cancelled draw returns its units at once and never shows its seed', async () => {
  const draw = await givenDraw(2);
  const [id = ''] = await enterAll(draw, 1);
  expect((await api.shopB.post(`/v1/draws/${draw.drawId}/cancel`)).status).toBe(404);
  for (const _ of [1, 2]) {
    const cancelled = await api.shopA.post<ShownDraw>(`/v1/draws/${draw.drawId}/cancel`);
    expect(cancelled).toMatchObject({ status: 200, body: { status: 'cancelled', entryCount: 1 } });
  }
  expect(await readLevel(draw.variantId)).toMatchObject({ available: 2, reserved: 0 });
  expect(await enter(draw, 'late')).toMatchObject({ status: 409, body: { code: 'draw_closed' } });
  await runner.round();
  expect(await readCheckout(id)).toMatchObject({
    status: 'rejected',
    rejection: { code: 'not_drawn' },
  });
  expect(await readDraw(draw)).not.toHaveProperty('seed');
  expect(await store.drawSeeds.countDocuments({ _id: draw.drawId })).toBe(0);
  await expectConsistent();
});

test('a changed seed, winner or entry is found by the verification program, which shares no code with the system', async () => {
  const draw = await givenDraw(1);
  await enterAll(draw, 5);
  await close();
  const { seed = '', entries = [] } = await readDraw(draw);
  expect(await verify(draw.drawId)).toContain('5 entries, 1 winners');
  const other = sortBySeed(seed, entries).at(-1);
  const damages = {
    'does not match its hash': () =>
      store.draws.updateOne({ _id: draw.drawId }, { $set: { seed: 'ab'.repeat(32) } }),
    'skipped without a reason|not in the order': () =>
      store.drawEntries.updateOne({ _id: other ?? '' }, { $set: { isPlaced: true, rank: 0 } }),
    'missing or duplicated': () => store.drawEntries.deleteOne({ _id: other ?? '' }),
  };
  for (const [fault, damage] of Object.entries(damages)) {
    await damage();
    expect(await verify(draw.drawId)).toMatch(new RegExp(fault));
    await store.draws.updateOne({ _id: draw.drawId }, { $set: { seed } });
  }
});
