import { afterAll, beforeAll, expect, test } from 'vitest';
import { SETTLE_CHECKOUTS, settleJobId } from '../../shared/contract/jobs.ts';
import { tokenClient } from '../../shared/testing/api-client.ts';
import { givenCheckout, givenVariants, toPricedLine } from '../../shared/testing/builders.ts';
import { testNamespace } from '../../shared/testing/harness.ts';
import { toJob } from '../../shared/testing/settle-jobs.ts';
import { asOperator, callOps } from '../ops/testing/ops-calls.ts';
import { givenForSale, givenOrders } from '../testing/requests.ts';
import { auditOf, givenSeller, type ShownEntry } from '../testing/sessions.ts';
import { startTestApi, type TestApi } from '../testing/start-test-api.ts';

const namespace = testNamespace();
let api: TestApi;

beforeAll(async () => {
  api = await startTestApi(namespace, { isOpsWritable: true });
});
afterAll(() => api.close());

interface Page {
  readonly items: readonly (ShownEntry & { readonly id: string })[];
  readonly nextCursor: string | null;
}

async function opsAudit(query = ''): Promise<Page> {
  const { body } = await callOps(api.url, { method: 'GET', path: `/ops/audit${query}` });
  return body as unknown as Page;
}

test('PROMISES 31: changes of products, stock and orders add audit entries', async () => {
  const seller = await givenSeller(api);
  const shop = { ...api.shopA, ...seller };
  const { productId, variantId } = await givenForSale(shop);
  await seller.post(`/v1/products/${productId}/publish`);
  const { orderIds } = await givenOrders(api, api.shopB, [variantId]);
  const [orderId = ''] = orderIds;
  await seller.post(`/v1/orders/${orderId}/confirm`);
  await seller.post(`/v1/orders/${orderId}/confirm`);
  const entries = (await auditOf(seller)).filter(({ action }) => action !== 'shop.signed_up');
  expect(entries.map(({ action, target, detail }) => [action, target, detail])).toEqual([
    ['order.moved', orderId, { move: 'confirm' }],
    ['product.changed', productId, { status: 'published' }],
    [
      'stock.adjusted',
      variantId,
      { movementId: expect.stringMatching(/^mov_/), delta: 10, reason: 'delivery' },
    ],
    ['product.created', productId, undefined],
  ]);
  for (const entry of entries) {
    expect(entry).toMatchObject({
      outcome: 'done',
      actor: { kind: 'shop', id: seller.shopId },
      shopId: seller.shopId,
      address: '127.0.0.1',
      requestId: expect.stringMatching(/^req_/),
    });
  }
  const request = await seller.post(`/v1/products/${productId}/unpublish`);
  const [last] = await auditOf(seller);
  expect(last?.requestId).toBe(request.headers.get('x-request-id'));
});

test('an entry names the key that acted, and a refused adjustment adds no entry', async () => {
  const { variantId } = await givenForSale(api.shopA);
  await api.shopA.post(`/v1/inventory/${variantId}/adjustments`, { set: -1, reason: 'x' });
  await api.shopB.post(`/v1/inventory/${variantId}/adjustments`, { set: 1, reason: 'x' });
  const { items } = await opsAudit(`?shopId=${api.shopA.shopId}`);
  const adjustments = items.filter(({ target }) => target === variantId);
  expect(adjustments).toHaveLength(1);
  expect(adjustments[0]?.actor).toEqual({ kind: 'key', id: api.shopA.keyId });
});

test('a shop lists its own entries in pages, operators list the entries of all shops or of one', async () => {
  const [seller, stranger] = [await givenSeller(api), await givenSeller(api)];
  await seller.send('PATCH', '/v1/shop', { name: 'One' });
  await seller.send('PATCH', '/v1/shop', { name: 'Two' });
  const seenActions: string[] = [];
  let next: string | null = '';
  while (next !== null) {
    const path: string = `/v1/shop/audit?limit=1${next && `&cursor=${next}`}`;
    const { body }: { body: Page } = await seller.get<Page>(path);
    seenActions.push(...body.items.map(({ action }) => action));
    next = body.nextCursor;
  }
  expect(seenActions).toEqual(['shop.changed', 'shop.changed', 'shop.signed_up']);
  expect((await auditOf(stranger)).map(({ shopId }) => shopId)).toEqual([stranger.shopId]);
  const entriesOfAll = await opsAudit('?limit=100');
  const shops = new Set(entriesOfAll.items.map(({ shopId }) => shopId));
  expect(shops).toContain(seller.shopId);
  expect(shops).toContain(stranger.shopId);
  const firstPage = await opsAudit(`?limit=2&shopId=${seller.shopId}`);
  expect(firstPage.items).toHaveLength(2);
  const secondPage = await opsAudit(`?shopId=${seller.shopId}&cursor=${firstPage.nextCursor}`);
  expect(secondPage.items.map(({ action }) => action)).toEqual(['shop.signed_up']);
  // The cursor of one shop’s entries does not continue the list of all entries.
  const mixed = await callOps(api.url, {
    method: 'GET',
    path: `/ops/audit?cursor=${firstPage.nextCursor}`,
  });
  expect(mixed.status).toBe(400);
});

test('a shop does not see the addresses and requests of other shops’ callers; operators see them', async () => {
  const seller = await givenSeller(api);
  const { productId, variantId } = await givenForSale({ ...api.shopA, ...seller });
  const storefront = await api.withScopes(api.shopB, ['checkouts:write', 'orders:write']);
  const { orderIds } = await givenOrders(api, storefront, [variantId], { buyerId: 'ana' });
  const token = await storefront.post<{ token: string }>('/v1/buyer-tokens', { buyerId: 'ana' });
  const buyer = tokenClient(api.url, token.body.token);
  expect(
    (await buyer.post(`/v1/orders/${orderIds[0]}/cancel`, { reason: 'too late' })).status,
  ).toBe(200);
  const [own] = await auditOf(seller);
  const actor = { kind: 'buyer', id: 'ana' };
  expect(own).toMatchObject({ action: 'order.moved', target: orderIds[0], actor });
  expect(own).not.toHaveProperty('address');
  expect(own).not.toHaveProperty('requestId');
  await callOps(api.url, { method: 'POST', path: `/ops/sales/${productId}/end` }, asOperator);
  const [ended] = await auditOf(seller);
  expect(ended).toMatchObject({ action: 'ops.sale_ended', actor: { kind: 'operator' } });
  expect(ended).not.toHaveProperty('address');
  const { items } = await opsAudit(`?limit=2&shopId=${seller.shopId}`);
  expect(items).toMatchObject([
    { address: '127.0.0.1' },
    { actor, address: '127.0.0.1', requestId: expect.any(String) },
  ]);
});

test.each(['?limit=0', '?cursor=x', '?shopId=shp_1', '?action[$ne]=x'])(
  'GET /v1/shop/audit%s is refused',
  async (query) => {
    const seller = await givenSeller(api);
    expect((await seller.get(`/v1/shop/audit${query}`)).status).toBe(400);
  },
);

test('keys and anonymous callers cannot read a shop’s entries, and only operators can read the entries of all shops', async () => {
  expect((await api.shopA.get('/v1/shop/audit')).status).toBe(403);
  expect((await api.anonymous.get('/v1/shop/audit')).status).toBe(401);
  const seller = await givenSeller(api);
  for (const client of [seller, api.shopA, api.anonymous]) {
    expect((await client.get('/ops/audit')).status).toBe(401);
  }
});

test('PROMISES 31: actions of operators add audit entries, done or refused', async () => {
  const [variant] = await givenVariants(api.context.store, [{ onHand: 1 }]);
  const failed = { status: 'failed', failure: 'a bug' } as const;
  const lines = [toPricedLine(variant)];
  const { _id: id } = await givenCheckout(api.context.store, { lines, ...failed });
  await callOps(api.url, { method: 'POST', path: `/ops/checkouts/${id}/replay` }, asOperator);
  const checkoutId = 'chk_00000000000000000000000000';
  await api.context.queue.enqueue([toJob(checkoutId)]);
  const jobId = settleJobId(checkoutId, 0);
  const board = `/ops/queues/api/queues/${SETTLE_CHECKOUTS.queue}`;
  const clean = { method: 'PUT', path: `${board}/${jobId}/clean` };
  expect((await callOps(api.url, clean, asOperator)).status).toBeLessThan(300);
  await callOps(api.url, { method: 'PUT', path: `${board}/unknown-job/clean` }, asOperator);
  // Requests without a login leave no entries, because anyone could fill the log with them.
  await callOps(api.url, clean, {});
  const { items } = await opsAudit();
  // Without the entries about shops, from other tests.
  const operators = items.filter(({ actor, shopId }) => actor.kind === 'operator' && !shopId);
  expect(operators.map(({ action, outcome, target }) => [action, outcome, target])).toEqual([
    ['ops.job_changed', 'refused', `${board}/unknown-job/clean`],
    ['ops.job_changed', 'done', clean.path],
    ['ops.checkout_replayed', 'done', id],
  ]);
});
