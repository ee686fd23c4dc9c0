import { expect, test } from 'vitest';
import { reconcile } from '../../shared/ledger/judging/reconcile.ts';
import { settleCheckouts } from '../../shared/ledger/settle-checkouts.ts';
import { givenForSale, givenOrders, productRequest, variantRequest } from '../testing/requests.ts';
import { openTestApi } from '../testing/start-test-api.ts';

const api = await openTestApi();

function remove(id: string, headers: Record<string, string> = {}) {
  return api.shopA.send('DELETE', `/v1/products/${id}`, undefined, headers);
}

const toCheckout = (variantId: string) => ({
  buyerId: 'buyer-1',
  lines: [{ variantId, quantity: 1 }],
});

test('no caller can find, list, search or change a deleted product', async () => {
  const { productId } = await givenForSale(api.shopA);
  const { status, body } = await remove(productId);
  expect([status, body]).toEqual([204, '']);
  const path = `/v1/products/${productId}`;
  for (const shop of [api.shopA, api.shopB]) {
    expect(await shop.get(path)).toMatchObject({ status: 404, body: { code: 'not_found' } });
  }
  for (const list of ['/v1/products', '/v1/shop/products']) {
    for (const query of ['', '&q=linen', '&sort=title', '&available=true']) {
      const page = await api.shopA.get<{ items: { id: string }[] }>(`${list}?limit=100${query}`);
      expect(page.status).toBe(200);
      expect(page.body.items.map(({ id }) => id)).not.toContain(productId);
    }
  }
  for (const [method, url, changes] of [
    ['DELETE', path, undefined],
    ['PATCH', path, { title: 'Back again' }],
    ['POST', `${path}/publish`, undefined],
    ['POST', `${path}/unpublish`, undefined],
  ] as const) {
    expect(await api.shopA.send(method, url, changes)).toMatchObject({ status: 404 });
  }
  const stored = await api.context.store.products.findOne({ _id: productId });
  expect(stored).toMatchObject({ status: 'deleted', title: 'Linen shirt' });
});

test('the SKU of a deleted product can be used again, three times in a row', async () => {
  const request = () => productRequest({ variants: [variantRequest({ sku: 'AGAIN' })] });
  for (let round = 0; round < 3; round += 1) {
    const { status, body } = await api.shopA.post('/v1/products', request());
    expect([round, status]).toEqual([round, 201]);
    const taken = await api.shopA.post('/v1/products', request());
    expect(taken).toMatchObject({ status: 409, body: { code: 'duplicate_sku' } });
    expect((await remove(body.id)).status).toBe(204);
  }
});

test('pending orders of a deleted product can be confirmed, cancelled and read, and its stock stays correct', async () => {
  const { productId, variantId } = await givenForSale(api.shopA, { onHand: 10 });
  const [paid, dropped] = [
    await givenOrders(api, api.shopA, [variantId]),
    await givenOrders(api, api.shopA, [variantId], { quantity: 3 }),
  ];
  const queued = await api.shopA.post('/v1/checkouts', toCheckout(variantId), {
    'idempotency-key': 'accepted-before',
  });
  expect(queued.status).toBe(202);
  expect((await remove(productId)).status).toBe(204);

  const before = (await api.shopA.get(`/v1/inventory/${variantId}`)).body;
  expect(before).toMatchObject({ onHand: 10, reserved: 5, sold: 0 });
  const confirmed = await api.shopA.post(`/v1/orders/${paid.orderIds[0]}/confirm`);
  expect(confirmed).toMatchObject({ status: 200, body: { status: 'confirmed' } });
  const reason = { reason: 'no longer made' };
  const cancelled = await api.shopA.post(`/v1/orders/${dropped.orderIds[0]}/cancel`, reason);
  expect(cancelled).toMatchObject({ status: 200, body: { status: 'cancelled' } });
  const shown = await api.shopA.get(`/v1/orders/${paid.orderIds[0]}`);
  expect(shown.body).toMatchObject({ lines: [{ variantId, quantity: 2 }] });

  const [settled] = await settleCheckouts(api.context.ledger, [queued.body.id]);
  expect(settled).toMatchObject({ status: 'rejected', rejection: { code: 'product_unavailable' } });
  const after = (await api.shopA.get(`/v1/inventory/${variantId}`)).body;
  expect(after).toMatchObject({ onHand: 8, reserved: 0, sold: 2 });
  const movements = await api.shopA.get<{ items: object[] }>(
    `/v1/inventory/${variantId}/movements`,
  );
  expect(movements.body.items.length).toBeGreaterThan(1);
  expect((await reconcile(api.context.ledger, { fix: false })).differences).toEqual([]);
});

test('a new checkout of a deleted product is refused', async () => {
  const { productId, variantId } = await givenForSale(api.shopA);
  await remove(productId);
  const answer = await api.shopA.post('/v1/checkouts', toCheckout(variantId), {
    'idempotency-key': 'after-deletion',
  });
  expect(answer).toMatchObject({ status: 422, body: { code: 'product_unpublished' } });
});

test('an outdated If-Match is refused, and exactly one of several concurrent deletions succeeds', async () => {
  const { productId } = await givenForSale(api.shopA);
  const refused = await remove(productId, { 'if-match': '"r1"' });
  expect(refused).toMatchObject({ status: 412, body: { code: 'precondition_failed' } });
  const { headers } = await api.shopA.get(`/v1/products/${productId}`);
  const tag = { 'if-match': headers.get('etag') ?? '' };
  const answers = await Promise.all(Array.from({ length: 8 }, () => remove(productId, tag)));
  const statuses = answers.map(({ status }) => status).sort();
  expect(statuses).toEqual([204, ...Array.from({ length: 7 }, () => 404)]);
  const record = { target: productId, action: 'product.deleted' as const };
  expect(await api.context.store.audit.countDocuments(record)).toBe(1);
});

test.each([
  ['a missing product', async () => 'prd_1'],
  ['a product of another shop', async () => (await givenForSale(api.shopB)).productId],
])('%s cannot be deleted: it is not found', async (_, toId) => {
  const id = await toId();
  expect(await remove(id)).toMatchObject({ status: 404, body: { code: 'not_found' } });
  expect(await remove(id, { 'if-match': '*' })).toMatchObject({ status: 404 });
});
