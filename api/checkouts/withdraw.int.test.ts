import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { takeVerdict } from '../../shared/ledger/judging/verdict.ts';
import { parkCheckout, unparkCheckout } from '../../shared/ledger/park-checkout.ts';
import { settleCheckouts } from '../../shared/ledger/settle-checkouts.ts';
import { tokenClient } from '../../shared/testing/api-client.ts';
import { testNamespace } from '../../shared/testing/harness.ts';
import { callOps } from '../ops/testing/ops-calls.ts';
import { type GivenProduct, givenForSale } from '../testing/requests.ts';
import { givenSeller } from '../testing/sessions.ts';
import { startTestApi, type TestApi, type TestShop } from '../testing/start-test-api.ts';

interface Shown {
  readonly id: string;
  readonly status: string;
  readonly rejection?: { readonly code: string };
  readonly timeline: readonly { readonly step: string }[];
}

const namespace = testNamespace();
let api: TestApi;
let storefront: TestShop;
let product: GivenProduct;
let posted = 0;

beforeAll(async () => {
  api = await startTestApi(namespace, { isOpsWritable: true });
  storefront = await api.withScopes(api.shopB, ['checkouts:write', 'orders:write']);
  product = await givenForSale(api.shopA, { onHand: 1_000 });
});
afterAll(() => api.close());

function newKey(): Record<string, string> {
  posted += 1;
  return { 'idempotency-key': `withdraw-${posted}` };
}

async function givenQueued(buyerId = 'buyer-1', quantity = 1, key = newKey()): Promise<string> {
  const body = { buyerId, lines: [{ variantId: product.variantId, quantity }] };
  const { body: accepted, status } = await storefront.post('/v1/checkouts', body, key);
  if (status !== 202) throw new Error(`placing the checkout failed: ${status}`);
  return accepted.id;
}

const withdraw = (id: string, client: Pick<TestShop, 'post'> = storefront) =>
  client.post<Shown>(`/v1/checkouts/${id}/withdraw`);
const readCheckout = async (id: string) =>
  (await storefront.get<Shown>(`/v1/checkouts/${id}`)).body;
const settle = async (id: string) => (await settleCheckouts(api.context.ledger, [id]))[0];

async function readEvents(id: string): Promise<readonly { type: string; seq: number }[]> {
  const entries = await api.context.store.outbox.find({ 'events.subjectId': id }).toArray();
  return entries.flatMap((entry) => entry.events.filter((event) => event.subjectId === id));
}

test('a queued checkout is rejected as withdrawn once, with one event', async () => {
  const id = await givenQueued();
  const first = await withdraw(id);
  expect(first).toMatchObject({
    status: 200,
    body: { id, status: 'rejected', rejection: { code: 'withdrawn' }, orders: [] },
  });
  expect(first.body.timeline.map(({ step }) => step)).toEqual(['received', 'accepted', 'rejected']);
  expect(await withdraw(id)).toMatchObject({ status: 200, body: first.body });
  expect(await readCheckout(id)).toEqual(first.body);
  expect(await readEvents(id)).toMatchObject([
    { type: 'checkout.rejected', seq: 1, data: { code: 'withdrawn' } },
  ]);
});

test('a waiting checkout can be withdrawn; its event comes after the waiting event', async () => {
  const id = await givenQueued();
  await api.context.store.checkouts.updateOne(
    { _id: id },
    { $set: { status: 'waiting', waitingSince: new Date(), waits: 1 } },
  );
  expect(await readCheckout(id)).toMatchObject({ status: 'waiting', orders: [] });
  expect(await settle(id)).toMatchObject({ status: 'waiting', orderIds: [] });
  const withdrawn = await withdraw(id);
  expect(withdrawn).toMatchObject({
    status: 200,
    body: { status: 'rejected', rejection: { code: 'withdrawn' } },
  });
  expect(withdrawn.body.timeline.map(({ step }) => step)).toContain('waiting');
  expect(await readEvents(id)).toMatchObject([
    { type: 'checkout.rejected', seq: 2, data: { code: 'withdrawn', wasWaiting: true } },
  ]);
});

test('a repeat of the request that placed a withdrawn checkout creates no new checkout', async () => {
  const key = newKey();
  const id = await givenQueued('buyer-1', 1, key);
  await withdraw(id);
  expect(await givenQueued('buyer-1', 1, key)).toBe(id);
  expect(await readCheckout(id)).toMatchObject({ status: 'rejected' });
});

test('settling a withdrawn checkout changes nothing', async () => {
  const id = await givenQueued();
  const before = await api.shopA.get(`/v1/inventory/${product.variantId}`);
  await withdraw(id);
  expect(await settle(id)).toMatchObject({ status: 'rejected', rejection: { code: 'withdrawn' } });
  expect(await api.context.store.orders.countDocuments({ checkoutId: id })).toBe(0);
  expect(await readEvents(id)).toHaveLength(1);
  const after = await api.shopA.get(`/v1/inventory/${product.variantId}`);
  expect(after.body).toEqual(before.body);
});

describe('a checkout with an outcome keeps it', () => {
  const park = (id: string) => parkCheckout(api.context.ledger, id, 'a document too large');
  const outcomes: [string, (id: string) => Promise<unknown>, number][] = [
    ['placed', settle, 1],
    ['rejected', settle, 1_000_000],
    ['failed', park, 1],
  ];
  test.each(outcomes)('%s', async (status, settleAs, quantity) => {
    const id = await givenQueued('buyer-1', quantity);
    await settleAs(id);
    const before = await readCheckout(id);
    expect(before.status).toBe(status);
    expect(await withdraw(id)).toMatchObject({
      status: 409,
      body: { code: 'checkout_settled', checkoutStatus: status },
    });
    expect(await readCheckout(id)).toEqual(before);
    expect(await readEvents(id)).toHaveLength(1);
  });
});

test('a checkout replayed by an operator is queued and can be withdrawn', async () => {
  const id = await givenQueued();
  await parkCheckout(api.context.ledger, id, 'a document too large');
  await unparkCheckout(api.context.ledger, id);
  expect((await withdraw(id)).status).toBe(200);
  expect((await readEvents(id)).map(({ type, seq }) => [type, seq])).toEqual([
    ['checkout.failed', 1],
    ['checkout.rejected', 2],
  ]);
});

test('operators see the withdrawn checkout and cannot replay it', async () => {
  const id = await givenQueued();
  await withdraw(id);
  const response = await callOps(api.url, { method: 'GET', path: `/ops/checkouts/${id}` });
  expect(response.body).toMatchObject({
    checkout: { status: 'rejected', rejection: { code: 'withdrawn' } },
    timeline: expect.arrayContaining([
      expect.objectContaining({ step: 'rejected', reason: 'withdrawn' }),
    ]),
  });
  const replayed = await callOps(api.url, { method: 'POST', path: `/ops/checkouts/${id}/replay` });
  expect(replayed).toMatchObject({ status: 409, body: { code: 'checkout_not_failed' } });
});

test('waiting requests and streams receive the withdrawal', async () => {
  const id = await givenQueued();
  const path = `/v1/checkouts/${id}`;
  const waiting = storefront.get<Shown>(path, { prefer: 'wait=20' });
  const following = storefront.get<string>(`${path}/events`);
  const { outcomes } = api.context;
  await expect.poll(() => outcomes.watchedCount).toBe(1);
  await withdraw(id);
  expect((await waiting).body).toMatchObject({ status: 'rejected' });
  expect((await following).body).toMatch(/"status":"rejected".*"code":"withdrawn"/);
});

test('twenty concurrent withdrawals get the same response', async () => {
  const id = await givenQueued();
  const answers = await Promise.all(Array.from({ length: 20 }, () => withdraw(id)));
  for (const { status, body } of answers)
    expect({ status, body }).toEqual({ status: 200, body: answers[0]?.body });
  expect(await readEvents(id)).toHaveLength(1);
});

test('each of many checkouts that are withdrawn while some are settled gets one outcome and one event', async () => {
  const ids = await Promise.all(Array.from({ length: 40 }, (_, n) => givenQueued(`b-${n}`)));
  const [answers] = await Promise.all([
    Promise.all(ids.map((id) => withdraw(id))),
    settleCheckouts(api.context.ledger, ids.slice(10, 30)),
  ]);
  for (const [index, { status, body }] of answers.entries()) {
    const now = await readCheckout(ids[index] ?? '');
    if (status === 200) expect(now).toEqual(body);
    else expect([status, now.status]).toEqual([409, 'placed']);
    expect(await readEvents(ids[index] ?? '')).toHaveLength(1);
  }
});

describe('a buyer', () => {
  async function buyer(buyerId: string) {
    const { body } = await storefront.post<{ token: string }>('/v1/buyer-tokens', { buyerId });
    return tokenClient(api.url, body.token);
  }
  test('withdraws only its own checkouts, and the audit log contains the withdrawal', async () => {
    const [own, other] = [await givenQueued('ana'), await givenQueued('ben')];
    const ana = await buyer('ana');
    expect(await withdraw(other, ana)).toMatchObject({ status: 404, body: { code: 'not_found' } });
    expect(await withdraw(own, ana)).toMatchObject({ status: 200, body: { status: 'rejected' } });
    expect((await readCheckout(other)).status).toBe('queued');
    const entries = await api.context.store.audit.find({ action: 'checkout.withdrawn' }).toArray();
    expect(entries).toMatchObject([{ target: own, actor: { kind: 'buyer', id: 'ana' } }]);
  });
});

test('other callers cannot withdraw a checkout', async () => {
  const id = await givenQueued();
  expect((await withdraw(id, api.shopA)).status).toBe(404);
  expect((await withdraw(id, await api.newShop())).status).toBe(404);
  expect((await withdraw(id, await api.withScopes(api.shopB, ['orders:write']))).status).toBe(403);
  expect((await withdraw(id, await givenSeller(api))).status).toBe(403);
  expect((await withdraw(id, api.anonymous)).status).toBe(401);
  expect((await withdraw('chk_unknown')).status).toBe(404);
  expect((await readCheckout(id)).status).toBe('queued');
});

test('the verdict counts a withdrawn checkout as rejected and reports no violation', async () => {
  const from = new Date();
  const [withdrawn, sold] = [await givenQueued(), await givenQueued()];
  await withdraw(withdrawn);
  await settle(sold);
  const verdict = await takeVerdict(api.context.store, { drained: true, from });
  expect(verdict).toMatchObject({
    accepted: 2,
    placed: 1,
    rejected: 1,
    lost: 0,
    undersold: 0,
    inversions: 0,
    drift: 0,
    ok: true,
  });
});
