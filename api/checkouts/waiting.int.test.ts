import { expect, test } from 'vitest';
import { WAIT_DAYS_MAX, WAIT_LINES_MAX } from '../../shared/contract/limits.ts';
import { settleCheckouts } from '../../shared/ledger/settle-checkouts.ts';
import type { OutboxRecord } from '../../shared/store/collections/outbox.ts';
import { givenForSale } from '../testing/requests.ts';
import { givenSeller } from '../testing/sessions.ts';
import { openTestApi, type TestShop } from '../testing/start-test-api.ts';

const HOUR_MS = 3_600_000;

const api = await openTestApi({ isEarlyRejectionOn: true });
const shop = api.shopA;
let posted = 0;

function inMs(ms: number): string {
  return new Date(Date.now() + ms).toISOString();
}

function post(variantId: string, fields: object = {}, key?: string, client: TestShop = shop) {
  posted += 1;
  return client.post(
    '/v1/checkouts',
    {
      buyerId: `buyer-${posted}`,
      lines: [{ variantId, quantity: 1 }],
      whenSoldOut: { waitUntil: inMs(HOUR_MS) },
      ...fields,
    },
    { 'idempotency-key': key ?? `waiting-${posted}` },
  );
}

const settle = (id: string) => settleCheckouts(api.context.ledger, [id]);
const getCheckout = (id: string) => shop.get(`/v1/checkouts/${id}`);

async function givenWaiting(variantId: string, fields: object = {}): Promise<string> {
  const { id } = (await post(variantId, fields)).body;
  await settle(id);
  return id;
}

test('a checkout waits, shows its place and the end of its wait, and gets the next unit', async () => {
  const { variantId } = await givenForSale(shop, { onHand: 0 });
  const first = await givenWaiting(variantId);
  const second = await givenWaiting(variantId);
  const shown = await getCheckout(first);
  expect(shown).toMatchObject({
    status: 200,
    body: {
      status: 'waiting',
      whenSoldOut: { waitUntil: expect.stringMatching(/Z$/) },
      queue: { ahead: 0, estimatedMs: null },
    },
  });
  expect(shown.headers.get('retry-after')).toBe('5');
  expect((await getCheckout(second)).body).toMatchObject({
    queue: { ahead: 1, estimatedMs: null },
  });
  await shop.post(`/v1/inventory/${variantId}/adjustments`, { delta: 1, reason: 'delivery' });
  const jobs = () => api.context.queue.depth();
  await expect.poll(jobs).toBeGreaterThan(2);
  await settle(second);
  expect((await getCheckout(first)).body).toMatchObject({ status: 'placed' });
  expect((await getCheckout(second)).body).toMatchObject({ status: 'waiting' });
});

test.each([
  ['a time that has passed', 'whenSoldOut.waitUntil', { waitUntil: '2020-01-01T00:00:00Z' }],
  [
    'a time too far ahead',
    'whenSoldOut.waitUntil',
    { waitUntil: inMs((WAIT_DAYS_MAX * 24 + 1) * HOUR_MS) },
  ],
  ['a text that is no time', 'whenSoldOut.waitUntil', { waitUntil: 'tomorrow' }],
  ['an unknown member', 'whenSoldOut', { waitUntil: inMs(HOUR_MS), forever: true }],
])('whenSoldOut with %s is refused with the path of the field', async (_, path, whenSoldOut) => {
  const { variantId } = await givenForSale(shop, { onHand: 0 });
  const answer = await post(variantId, { whenSoldOut });
  expect(answer).toMatchObject({ status: 400, body: { code: 'invalid_request' } });
  expect(JSON.stringify(answer.body)).toContain(`"path":"${path}`);
  const lines = [{ variantId, quantity: 1 }];
  const review = { buyerId: 'ana', lines, whenSoldOut };
  expect(await shop.post('/v1/checkouts/review', review)).toMatchObject({
    status: 400,
    body: { code: 'invalid_request', errors: [{ path: expect.stringContaining(path) }] },
  });
});

test('a checkout of too many lines may not wait', async () => {
  const products = await Promise.all(
    Array.from({ length: WAIT_LINES_MAX + 1 }, () => givenForSale(shop, { onHand: 0 })),
  );
  const lines = products.map(({ variantId }) => ({ variantId, quantity: 1 }));
  expect(await post('', { lines })).toMatchObject({
    status: 400,
    body: { code: 'invalid_request', errors: [{ path: 'whenSoldOut' }] },
  });
});

test('only the seller’s own and its listed storefronts can let buyers wait', async () => {
  const seller = await givenSeller(api);
  const { variantId } = await givenForSale(seller, { onHand: 0 });
  expect(await post(variantId, {}, undefined, api.shopB)).toMatchObject({
    status: 403,
    body: { code: 'storefront_not_listed', errors: [{ path: 'whenSoldOut' }] },
  });
  const whenSoldOut = { waitUntil: inMs(HOUR_MS) };
  const review = { buyerId: 'ana', lines: [{ variantId, quantity: 1 }], whenSoldOut };
  expect((await api.shopB.post('/v1/checkouts/review', review)).status).toBe(403);
  const rights = { shopId: api.shopB.shopId, maySell: true, mayConfirm: false };
  await seller.post('/v1/storefronts', rights);
  await expect.poll(async () => (await post(variantId, {}, undefined, api.shopB)).status).toBe(202);
});

test('a buyer can wait for a variant once: other checkouts that may wait are refused with the id of the first', async () => {
  const { variantId } = await givenForSale(shop, { onHand: 0 });
  const buyerId = 'ana';
  const answers = await Promise.all(Array.from({ length: 8 }, () => post(variantId, { buyerId })));
  const accepted = answers.filter(({ status }) => status === 202);
  expect(accepted).toHaveLength(1);
  const checkoutId = accepted[0]?.body.id ?? '';
  for (const { status, body } of answers.filter((answer) => answer.status !== 202)) {
    expect([status, body]).toEqual([
      409,
      expect.objectContaining({
        ...{ code: 'already_waiting', checkoutId },
        errors: [expect.objectContaining({ path: 'whenSoldOut' })],
      }),
    ]);
  }
  await settle(checkoutId);
  expect((await post(variantId, { buyerId })).status).toBe(409);
  expect((await post(variantId, { buyerId, whenSoldOut: undefined })).status).toBe(202);
  await shop.post(`/v1/checkouts/${checkoutId}/withdraw`);
  expect((await post(variantId, { buyerId })).status).toBe(202);
});

test('a repeat with the same key gets the first response, while the checkout waits and afterwards', async () => {
  const { variantId } = await givenForSale(shop, { onHand: 0 });
  const fields = { buyerId: 'bob', whenSoldOut: { waitUntil: inMs(HOUR_MS) } };
  const first = await post(variantId, fields, 'same');
  expect(await post(variantId, fields, 'same')).toMatchObject({ status: 202, body: first.body });
  await settle(first.body.id);
  expect(await post(variantId, fields, 'same')).toMatchObject({ status: 202, body: first.body });
  await shop.post(`/v1/checkouts/${first.body.id}/withdraw`);
  expect(await post(variantId, fields, 'same')).toMatchObject({ status: 202, body: first.body });
});

test('a checkout that may wait is never rejected early', async () => {
  const { variantId } = await givenForSale(shop, { onHand: 0 });
  const buy = () => post(variantId, { whenSoldOut: undefined });
  await settle((await buy()).body.id);
  const hasRejection = { 'events.type': 'checkout.rejected' };
  const entry = await api.context.store.outbox.findOne<OutboxRecord>(hasRejection);
  if (entry !== null) api.context.ledger.onCommitted?.(entry);
  await expect.poll(async () => (await buy()).body).toMatchObject({ status: 'rejected' });
  expect((await post(variantId)).body).toMatchObject({ status: 'queued' });
});

test('a cart is held while its checkout waits, and released when the wait ends', async () => {
  const { variantId } = await givenForSale(shop, { onHand: 0 });
  const lines = [{ variantId, quantity: 1 }];
  const { body: cart } = await shop.post('/v1/carts', { buyerId: 'cora', lines });
  const accepted = await post('', { buyerId: undefined, lines: undefined, cartId: cart.id });
  expect(accepted.status).toBe(202);
  await settle(accepted.body.id);
  const change = () => shop.send('PUT', `/v1/carts/${cart.id}/lines/${variantId}`, { quantity: 2 });
  expect(await change()).toMatchObject({
    status: 409,
    body: { code: 'cart_checked_out', checkoutStatus: 'waiting' },
  });
  await shop.post(`/v1/checkouts/${accepted.body.id}/withdraw`);
  expect((await change()).status).toBe(200);
});
