// A storefront's whole flow with a client that @hey-api/openapi-ts generated.
import assert from 'node:assert/strict';
import { client } from './hey-api/client.gen.js';
import {
  cartsCreate,
  checkoutsCreate,
  checkoutsGet,
  inventoryAdjust,
  ordersConfirm,
  ordersGet,
  productsCreate,
  productsList,
  productsPublish,
} from './hey-api/sdk.gen.js';
import type { Problem, ProblemCode } from './hey-api/types.gen.js';

const { API_URL: baseUrl = '', API_KEY: apiKey = '' } = process.env;
client.setConfig({
  baseUrl,
  auth: (scheme) => (scheme.name === 'X-Api-Key' ? apiKey : undefined),
});
const unique = `hey-api-${process.pid}-${Date.now()}`;

const created = await productsCreate({
  body: {
    title: `Linen shirt ${unique}`,
    type: 'clothing',
    attributes: { material: 'linen' },
    variants: [{ sku: unique, price: 4_900, currency: 'GBP', options: { size: 'M' } }],
  },
});
assert(created.data, JSON.stringify(created.error));
const product = created.data;
const variantId = product.variants[0]?.id ?? '';
const path = { id: product.id };
assert.equal((await productsPublish({ path })).data?.status, 'published');

const adjusted = await inventoryAdjust({
  path: { variantId },
  body: { set: 10, reason: 'delivery' },
});
assert.equal(adjusted.data?.level.available, 10);

const listed = await productsList({
  query: { shopId: product.shopId, available: true, limit: 1 },
});
assert.equal(listed.data?.items[0]?.id, product.id);

const cart = await cartsCreate({
  body: { buyerId: 'buyer-1', lines: [{ variantId, quantity: 2 }] },
});
assert.equal(cart.data?.subtotal, 9_800);
const accepted = await checkoutsCreate({
  headers: { 'Idempotency-Key': unique },
  body: { cartId: cart.data.id },
});
assert(accepted.data, JSON.stringify(accepted.error));
assert.equal(accepted.data.status, 'queued');

const settled = await checkoutsGet({
  path: { id: accepted.data.id },
  headers: { Prefer: 'wait=20' },
});
assert.equal(settled.data?.status, 'placed');
const forOrder = { path: { id: settled.data.orders[0]?.id ?? '' } };
assert.equal((await ordersGet(forOrder)).data?.total, 9_800);

const body = { paymentReference: `pay-${unique}` };
assert.equal((await ordersConfirm({ ...forOrder, body })).data?.status, 'confirmed');

const refused = await ordersConfirm({ ...forOrder, body: { paymentReference: 'another payment' } });
assert(refused.error);
const problem: Problem = refused.error;
assert.equal(problem.code satisfies ProblemCode, 'invalid_transition');
assert.equal(problem.from, 'confirmed');
assert.equal(problem.paymentReference, body.paymentReference);
console.log('The flow is done.');
