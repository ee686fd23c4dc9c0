import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { asOperator, callOps } from '../../api/ops/testing/ops-calls.ts';
import { givenForSale } from '../../api/testing/requests.ts';
import { startTestApi, type TestApi } from '../../api/testing/start-test-api.ts';
import { apiClient } from '../../shared/testing/api-client.ts';
import { testNamespace } from '../../shared/testing/harness.ts';

const WAIT = { timeout: 10_000 };

const namespace = testNamespace();
let api: TestApi;
let other: TestApi;
let keys = 0;

beforeAll(async () => {
  api = await startTestApi(namespace, { isOpsWritable: true });
  other = await startTestApi(namespace, { secrets: api.context.config.secrets });
});
afterAll(() => Promise.all([api.close(), other.close()]));

const inMs = (ms: number) => new Date(Date.now() + ms).toISOString();
const patch = (id: string, times: object) =>
  api.shopA.send('PATCH', `/v1/products/${id}`, times).then(({ status }) => status);

async function buy(at: TestApi, variantId: string) {
  keys += 1;
  const body = { buyerId: 'b', lines: [{ variantId, quantity: 1 }] };
  const front = apiClient(at.url, api.shopA.apiKey);
  const headers = { 'idempotency-key': `changed-${keys}` };
  const answer = await front.post<{ code?: string }>('/v1/checkouts', body, headers);
  return answer.body.code ?? answer.status;
}

/** Puts a product on sale that both APIs have in their caches. */
async function givenCached(times?: object) {
  const product = await givenForSale(api.shopA);
  if (times !== undefined) expect(await patch(product.productId, times)).toBe(200);
  const statuses = await Promise.all([api, other].map((at) => buy(at, product.variantId)));
  expect(statuses).toEqual([202, 202]);
  return product;
}

const endByOperator = (id: string) =>
  callOps(api.url, { method: 'POST', path: `/ops/sales/${id}/end` }, asOperator).then(
    ({ status }) => status,
  );

test.concurrent.for([
  [
    'a first start',
    undefined,
    (id: string) => patch(id, { saleFrom: inMs(60_000) }),
    'not_on_sale_yet',
  ],
  [
    'a postponed start',
    { saleFrom: inMs(-60_000) },
    (id: string) => patch(id, { saleFrom: inMs(60_000) }),
    'not_on_sale_yet',
  ],
  ['a first end', undefined, (id: string) => patch(id, { saleUntil: inMs(0) }), 'sale_over'],
  [
    'an earlier end',
    { saleUntil: inMs(60_000) },
    (id: string) => patch(id, { saleUntil: inMs(0) }),
    'sale_over',
  ],
  ['the end by an operator', undefined, endByOperator, 'sale_over'],
] as const)(
  '%s applies in every process once the change is acknowledged',
  async ([, times, change, code]) => {
    const { productId, variantId } = await givenCached(times);
    expect(await change(productId)).toBe(200);
    expect(await Promise.all([buy(api, variantId), buy(other, variantId)])).toEqual([code, code]);
  },
);

test.concurrent('a repeated change, too, is acknowledged only when the change applies in every process', async () => {
  const { productId, variantId } = await givenCached();
  const times = { saleFrom: inMs(60_000) };
  const first = patch(productId, times);
  const { products } = api.context.store;
  await vi.waitUntil(async () => (await products.findOne({ _id: productId }))?.saleFrom, WAIT);
  expect(await patch(productId, times)).toBe(200);
  expect(await buy(other, variantId)).toBe('not_on_sale_yet');
  expect(await first).toBe(200);
});

test.concurrent('a product that is unpublished, changed and published again cannot be bought before its start', async () => {
  const { productId, variantId } = await givenCached();
  await api.shopA.post(`/v1/products/${productId}/unpublish`);
  expect(await patch(productId, { saleFrom: inMs(60_000) })).toBe(200);
  await api.shopA.post(`/v1/products/${productId}/publish`);
  expect(await buy(other, variantId)).not.toBe(202);
});
