import { expect, test } from 'vitest';
import { manualClock } from '../../../shared/testing/manual-clock.ts';
import { givenForSale, productRequest } from '../../testing/requests.ts';
import { openTestApi, TEST_OPERATOR } from '../../testing/start-test-api.ts';
import { givenOperator } from '../testing/given-operator.ts';
import { asOperator, callOps } from '../testing/ops-calls.ts';

const clock = manualClock();
const api = await openTestApi({ clock, isOpsWritable: true });

const inMs = (ms: number) => new Date(clock.now().getTime() + ms).toISOString();
const end = (id: string, headers: Readonly<Record<string, string>> = asOperator) =>
  callOps(api.url, { method: 'POST', path: `/ops/sales/${id}/end` }, headers);

async function find(q: string): Promise<readonly { productId: string }[]> {
  const path = `/ops/sales?${new URLSearchParams({ q })}`;
  const { status, body } = await callOps(api.url, { method: 'GET', path });
  expect(status).toBe(200);
  return body['items'] as { productId: string }[];
}

function buy(variantId: string, key: string) {
  const body = { buyerId: 'b', lines: [{ variantId, quantity: 1 }] };
  return api.shopA.post<{ code?: string }>('/v1/checkouts', body, { 'idempotency-key': key });
}

test('a product is found by its id, its variant, its SKU and its title', async () => {
  const { productId, variantId } = await givenForSale(api.shopB, { onHand: 7 });
  const { body } = await api.shopB.get<{ title: string; variants: [{ sku: string }] }>(
    `/v1/products/${productId}`,
  );
  const [{ sku }] = body.variants;
  const expected = {
    ...{ productId, shopId: api.shopB.shopId, title: body.title },
    ...{ skus: [sku], available: 7 },
  };
  for (const q of [productId, variantId, sku]) expect(await find(q)).toEqual([expected]);
  expect(await find(body.title)).toContainEqual(expected);
  expect(await find('prd_nothing')).toEqual([]);
  const draft = await api.shopB.post<{ id: string }>('/v1/products', productRequest());
  expect(await find(draft.body.id)).toEqual([]);
});

test('an ended sale refuses buyers as soon as the request is answered, and one audit entry names the operator', async () => {
  const { productId, variantId } = await givenForSale(api.shopA, { onHand: 7 });
  expect((await buy(variantId, 'before')).status).toBe(202);
  const saleUntil = inMs(0);
  const ended = await end(productId);
  expect([ended.status, ended.body]).toEqual([
    200,
    { productId, saleUntil, title: expect.any(String) },
  ]);
  expect(await buy(variantId, 'after')).toMatchObject({ status: 409, body: { code: 'sale_over' } });
  expect((await api.shopA.get(`/v1/products/${productId}`)).body).toMatchObject({ saleUntil });
  // Repeating the request changes nothing.
  expect((await end(productId)).body).toEqual(ended.body);
  const audit = await api.context.store.audit
    .find({ action: 'ops.sale_ended', target: productId })
    .toArray();
  expect(audit).toMatchObject([
    {
      actor: { kind: 'operator', id: TEST_OPERATOR.username },
      shopId: api.shopA.shopId,
      detail: { saleUntil },
    },
  ]);
  // The seller can open the sale again.
  const reopened = await api.shopA.send('PATCH', `/v1/products/${productId}`, { saleUntil: null });
  expect(reopened.status).toBe(200);
});

test('a sale that has not started, a draft and an unknown product are refused', async () => {
  const { productId } = await givenForSale(api.shopA);
  const saleFrom = inMs(60_000);
  await api.shopA.send('PATCH', `/v1/products/${productId}`, { saleFrom });
  const early = await end(productId);
  expect([early.status, early.body]).toEqual([
    409,
    expect.objectContaining({ code: 'not_on_sale_yet', saleFrom }),
  ]);
  await api.shopA.post(`/v1/products/${productId}/unpublish`);
  const draft = await end(productId);
  expect([draft.status, draft.body['code']]).toEqual([422, 'product_unpublished']);
  await api.shopA.send('DELETE', `/v1/products/${productId}`);
  for (const id of [productId, 'prd_nothing']) {
    const { status, body } = await end(id);
    expect([status, body['code']]).toEqual([404, 'not_found']);
  }
});

test('the sale of a product that was published before its `publishAt` can be ended', async () => {
  const { productId } = await givenForSale(api.shopA);
  await api.shopA.send('PATCH', `/v1/products/${productId}`, { publishAt: inMs(60_000) });
  expect((await end(productId)).status).toBe(200);
});

test('a read-only operator can find sales but not end them', async () => {
  const { headers } = await givenOperator(api, 'read-only');
  const { productId } = await givenForSale(api.shopA);
  const path = `/ops/sales?q=${productId}`;
  expect((await callOps(api.url, { method: 'GET', path }, headers)).status).toBe(200);
  const { status, body } = await end(productId, headers);
  expect([status, body['code']]).toEqual([403, 'ops_read_only']);
  const page = await callOps(api.url, { method: 'GET', path: '/ops' }, headers);
  expect(page.text).not.toContain('sales-form');
});
