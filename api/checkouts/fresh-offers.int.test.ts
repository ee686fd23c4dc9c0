import { expect, test } from 'vitest';
import { givenForSale } from '../testing/requests.ts';
import { openTestApi } from '../testing/start-test-api.ts';

const api = await openTestApi();
let checkouts = 0;

/** Places a checkout of one unit, with a new Idempotency-Key. */
async function buy(variantId: string) {
  checkouts += 1;
  const body = { buyerId: 'b', lines: [{ variantId, quantity: 1 }] };
  const headers = { 'idempotency-key': `fresh-${checkouts}` };
  const { status, body: answer } = await api.shopB.post<{ code?: string; total?: number }>(
    '/v1/checkouts',
    body,
    headers,
  );
  return [status, answer.code ?? answer.total];
}

test('a change of a product applies to the next checkout, whatever earlier checkouts have cached', async () => {
  const { productId, variantId } = await givenForSale(api.shopA, { price: 4_900 });
  expect(await buy(variantId)).toEqual([202, 4_900]);
  await api.shopA.post(`/v1/products/${productId}/unpublish`);
  expect(await buy(variantId)).toEqual([422, 'product_unpublished']);
  await api.shopA.post(`/v1/products/${productId}/publish`);
  expect(await buy(variantId)).toEqual([202, 4_900]);
  const { body } = await api.shopA.get<{ variants: { sku: string }[] }>(
    `/v1/products/${productId}`,
  );
  const [{ sku = '' } = {}] = body.variants;
  const variants = [{ sku, price: 5_900, currency: 'GBP' }];
  const edited = await api.shopA.send('PATCH', `/v1/products/${productId}`, { variants });
  expect(edited.status).toBe(200);
  expect(await buy(variantId)).toEqual([202, 5_900]);
  await api.shopA.send('DELETE', `/v1/products/${productId}`);
  expect((await buy(variantId))[0]).toBe(422);
});
