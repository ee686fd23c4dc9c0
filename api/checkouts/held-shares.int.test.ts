import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { takeVerdict } from '../../shared/ledger/judging/verdict.ts';
import { moveOrders } from '../../shared/ledger/move-orders.ts';
import { settleCheckouts } from '../../shared/ledger/settle-checkouts.ts';
import { testNamespace } from '../../shared/testing/harness.ts';
import { givenForSale, givenOrders } from '../testing/requests.ts';
import { type GivenSeller, givenSeller } from '../testing/sessions.ts';
import { startTestApi, type TestApi, type TestShop } from '../testing/start-test-api.ts';

const namespace = testNamespace();
let api: TestApi;
let seller: GivenSeller;
/** A storefront that the seller does not list. */
let unlisted: TestShop;
let variantId: string;
let keys = 0;

beforeAll(async () => {
  api = await startTestApi(namespace);
});
afterAll(() => api.close());

beforeEach(async () => {
  seller = await givenSeller(api);
  unlisted = await api.newShop();
  ({ variantId } = await givenForSale(seller, { onHand: 10 }));
  await setShare(0.3);
});

const setShare = (heldShareMax: unknown) => seller.send('PATCH', '/v1/shop', { heldShareMax });
const lines = (quantity: number) => [{ variantId, quantity }];

interface Outcome {
  readonly status: string;
  readonly rejection?: object;
  readonly orders: readonly { readonly id: string }[];
}

async function buy(quantity: number, by: TestShop = unlisted, buyerId = 'ana'): Promise<Outcome> {
  keys += 1;
  const headers = { 'idempotency-key': `share-${keys}` };
  const body = { buyerId, lines: lines(quantity) };
  const { body: accepted } = await by.post<{ id: string }>('/v1/checkouts', body, headers);
  await settleCheckouts(api.context.ledger, [accepted.id]);
  return (await by.get<Outcome>(`/v1/checkouts/${accepted.id}`)).body;
}

const placed = { status: 'placed' };
const refused = (requested: number, available: number) => ({
  status: 'rejected',
  rejection: { code: 'held_share_reached', variantId, requested, available },
});

async function readHeld(): Promise<number> {
  const level = await api.context.store.stock.findOne({ _id: variantId });
  return level?.heldByUnlisted ?? 0;
}

test('pending orders of all unlisted storefronts together hold the share and no more', async () => {
  const other = await api.newShop();
  expect(await buy(2)).toMatchObject(placed);
  expect(await buy(2, other)).toMatchObject(refused(2, 1));
  expect(await buy(1, other)).toMatchObject(placed);
  expect(await buy(1)).toMatchObject(refused(1, 0));
  expect(await readHeld()).toBe(3);
  expect(await takeVerdict(api.context.store, { drained: true })).toMatchObject({ ok: true });
});

test('the rejection names the buyer’s own order that holds units of the share', async () => {
  const { orders } = await buy(3);
  expect(await buy(1)).toMatchObject({
    rejection: { code: 'held_share_reached', heldByYou: { orderId: orders[0]?.id, quantity: 3 } },
  });
  const { rejection } = await buy(1, unlisted, 'ben');
  expect(rejection).not.toHaveProperty('heldByYou');
});

describe('units count towards the share while their order is pending', () => {
  test.each(['confirm', 'cancel'])('units do not count after %s', async (move) => {
    const { orders } = await buy(3);
    const body = move === 'cancel' ? { reason: 'a test' } : undefined;
    const path = `/v1/orders/${orders[0]?.id}/${move}`;
    expect(await seller.post(path, body)).toMatchObject({ status: 200 });
    expect(await readHeld()).toBe(0);
    // Sold units are no longer on hand.
    const allowed = move === 'confirm' ? 2 : 3;
    expect(await buy(allowed + 1)).toMatchObject(refused(allowed + 1, allowed));
    expect(await buy(allowed)).toMatchObject(placed);
  });

  test('cancelled units of a pending order no longer count', async () => {
    const { orders } = await buy(3);
    const body = { reason: 'a test', lines: lines(2) };
    await seller.post(`/v1/orders/${orders[0]?.id}/cancel`, body);
    expect(await readHeld()).toBe(1);
    expect(await buy(2)).toMatchObject(placed);
  });

  test('a lapsed order causes no rejection, even before any sweep', async () => {
    const { orders } = await buy(3);
    await api.context.store.connection
      .collection('orders')
      .updateOne({ _id: orders[0]?.id as never }, { $set: { reservedUntil: new Date() } });
    expect(await buy(3)).toMatchObject(placed);
    expect(await readHeld()).toBe(3);
  });

  test('an expired order that is confirmed with reacquire holds no units of the share', async () => {
    const { orders } = await buy(2);
    const orderId = orders[0]?.id ?? '';
    const clock = { now: () => new Date(Date.now() + 3_600_000) };
    const late = { ...api.context.ledger, clock };
    await moveOrders(late, [{ orderId, move: 'expire', actor: 'test' }]);
    expect(await readHeld()).toBe(0);
    expect(await buy(3)).toMatchObject(placed);
    const confirmed = await seller.post(`/v1/orders/${orderId}/confirm`, { reacquire: true });
    expect(confirmed).toMatchObject({ body: { status: 'confirmed' } });
    expect(await readHeld()).toBe(3);
    const path = `/v1/orders/${orderId}/cancel`;
    await seller.post(path, { reason: 'a test' });
    expect(await readHeld()).toBe(3);
  });
});

describe('no share applies', () => {
  test('to the shop itself', async () => {
    const ownStorefront = await api.withScopes({ ...api.shopA, shopId: seller.shopId }, [
      'checkouts:write',
      'catalog:read',
    ]);
    expect(await buy(10, ownStorefront)).toMatchObject(placed);
    expect(await readHeld()).toBe(0);
  });

  test('to a listed storefront', async () => {
    await seller.post('/v1/storefronts', { shopId: unlisted.shopId, maySell: true });
    expect(await buy(10)).toMatchObject(placed);
    expect(await readHeld()).toBe(0);
  });

  test('while the share is 1; when it is lowered, units that are already held count', async () => {
    await setShare(1);
    expect(await buy(5)).toMatchObject(placed);
    await setShare(0.6);
    expect(await buy(2)).toMatchObject(refused(2, 1));
    await setShare(0);
    expect(await buy(1)).toMatchObject(refused(1, 0));
  });
});

test('reviews and carts show a reached share before the checkout', async () => {
  await givenOrders(api, unlisted, [variantId], { buyerId: 'ben', quantity: 2 });
  const review = await unlisted.post('/v1/checkouts/review', { buyerId: 'ana', lines: lines(2) });
  expect(review.body).toMatchObject({
    problems: [{ code: 'held_share_reached', variantId, requested: 2, available: 1 }],
  });
  const cart = await unlisted.post<{ id: string }>('/v1/carts', { buyerId: 'ana' });
  const path = `/v1/carts/${cart.body.id}/lines/${variantId}`;
  expect((await unlisted.send('PUT', path, { quantity: 2 })).body).toMatchObject({
    changes: [{ variantId, kind: 'held_share_reached', before: 2, after: 1 }],
  });
  expect((await unlisted.send('PUT', path, { quantity: 1 })).body).toMatchObject({ changes: [] });
});

test('the setting is shown, and audited', async () => {
  expect((await seller.get('/v1/shop')).body).toMatchObject({ heldShareMax: 0.3 });
  const { body } = await seller.get<{ items: readonly object[] }>('/v1/shop/audit');
  expect(body.items[0]).toMatchObject({
    action: 'shop.changed',
    detail: { fields: ['heldShareMax'], heldShareMax: 0.3 },
  });
});

test.each([-0.1, 1.1, '0.5', null])('%s is refused as a share', async (share) => {
  expect(await setShare(share)).toMatchObject({
    status: 400,
    body: { code: 'invalid_request', errors: [{ path: 'heldShareMax' }] },
  });
});
