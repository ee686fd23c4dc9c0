// A storefront's whole flow with openapi-fetch and the types that openapi-typescript generated.
import assert from 'node:assert/strict';
import createClient from 'openapi-fetch';
import type { components, paths } from './schema.js';

type Problem = components['schemas']['Problem'];

const { API_URL: baseUrl = '', API_KEY: apiKey = '' } = process.env;
const client = createClient<paths>({ baseUrl, headers: { 'X-Api-Key': apiKey } });
const unique = `openapi-fetch-${process.pid}-${Date.now()}`;

const created = await client.POST('/v1/products', {
  body: {
    title: `Linen shirt ${unique}`,
    type: 'clothing',
    attributes: { material: 'linen' },
    variants: [{ sku: unique, price: 4_900, currency: 'GBP', options: { size: 'M' } }],
  },
});
assert(created.data, JSON.stringify(created.error));
const product: components['schemas']['Product'] = created.data;
const variantId = product.variants[0]?.id ?? '';
const ofProduct = { params: { path: { id: product.id } } };
assert.equal((await client.POST('/v1/products/{id}/publish', ofProduct)).data?.status, 'published');

const adjusted = await client.POST('/v1/inventory/{variantId}/adjustments', {
  params: { path: { variantId } },
  body: { set: 10, reason: 'delivery' },
});
assert.equal(adjusted.data?.level.available, 10);

const listed = await client.GET('/v1/products', {
  params: { query: { shopId: product.shopId, available: true, limit: 1 } },
});
assert.equal(listed.data?.items[0]?.id, product.id);

const cart = await client.POST('/v1/carts', {
  body: { buyerId: 'buyer-1', lines: [{ variantId, quantity: 2 }] },
});
assert.equal(cart.data?.subtotal, 9_800);
const header = { 'Idempotency-Key': unique };
const accepted = await client.POST('/v1/checkouts', {
  params: { header },
  body: { cartId: cart.data.id },
});
assert(accepted.data, JSON.stringify(accepted.error));
assert.equal(accepted.data.status, 'queued');

const settled = await client.GET('/v1/checkouts/{id}', {
  params: { path: { id: accepted.data.id }, header: { Prefer: 'wait=20' } },
});
assert.equal(settled.data?.status, 'placed');
const forOrder = { params: { path: { id: settled.data.orders[0]?.id ?? '' } } };
assert.equal((await client.GET('/v1/orders/{id}', forOrder)).data?.total, 9_800);

const body = { paymentReference: `pay-${unique}` };
const confirmed = await client.POST('/v1/orders/{id}/confirm', { ...forOrder, body });
assert.equal(confirmed.data?.status, 'confirmed');

const refused = await client.POST('/v1/orders/{id}/confirm', {
  ...forOrder,
  body: { paymentReference: 'another payment' },
});
assert(refused.error);
const problem: Problem = refused.error;
assert.equal(problem.code satisfies components['schemas']['ProblemCode'], 'invalid_transition');
assert.equal(problem.from, 'confirmed');
assert.equal(problem.paymentReference, body.paymentReference);
console.log('The flow is done.');
