import {
  givenForSale,
  givenOrders,
  productRequest,
  type ShownProduct,
  variantRequest,
} from '../../testing/requests.ts';
import { givenSeller } from '../../testing/sessions.ts';
import type { TestApi } from '../../testing/start-test-api.ts';
import { newKey, type ProblemScenario } from './problem-scenarios.ts';

const checkout = (api: TestApi, variantId: string, quantity = 1, headers = newKey()) =>
  api.shopB.post('/v1/checkouts', { buyerId: 'b', lines: [{ variantId, quantity }] }, headers);

async function givenCart(api: TestApi, variantId?: string): Promise<string> {
  const lines = variantId === undefined ? [] : [{ variantId, quantity: 1 }];
  return (await api.shopB.post('/v1/carts', { buyerId: 'b', lines })).body.id;
}

async function givenDraftVariant(api: TestApi): Promise<string> {
  const { body } = await api.shopA.post<ShownProduct>('/v1/products', productRequest());
  return body.variants[0]?.id ?? '';
}

async function givenVariantWithRule(api: TestApi): Promise<string> {
  const variants = [variantRequest({ quantityRule: { step: 6 } })];
  const { body } = await api.shopA.post<ShownProduct>('/v1/products', productRequest({ variants }));
  await api.shopA.post(`/v1/products/${body.id}/publish`);
  return body.variants[0]?.id ?? '';
}

const putLine = (api: TestApi, cartId: string, variantId: string, quantity = 1) =>
  api.shopB.send('PUT', `/v1/carts/${cartId}/lines/${variantId}`, { quantity });

/** Requests to carts, checkouts and orders that provoke problems. */
export const BUYING_PROBLEMS: readonly ProblemScenario[] = [
  ['unknown_variant', 'a checkout', ['variantId'], (api) => checkout(api, 'var_no')],
  [
    'unknown_variant',
    'a review',
    ['variantId'],
    (api) =>
      api.shopB.post('/v1/checkouts/review', {
        buyerId: 'b',
        lines: [{ variantId: 'var_no', quantity: 1 }],
      }),
  ],
  [
    'unknown_variant',
    'a change of a cart line',
    ['variantId'],
    async (api) => putLine(api, await givenCart(api), 'var_no'),
  ],
  [
    'unknown_variant',
    'a new cart',
    ['variantId'],
    (api) =>
      api.shopB.post('/v1/carts', { buyerId: 'b', lines: [{ variantId: 'var_no', quantity: 1 }] }),
  ],
  [
    'product_unpublished',
    'a checkout',
    ['variantId'],
    async (api) => checkout(api, await givenDraftVariant(api)),
  ],
  [
    'product_unpublished',
    'a change of a cart line',
    ['variantId'],
    async (api) => putLine(api, await givenCart(api), await givenDraftVariant(api)),
  ],
  [
    'quantity_not_allowed',
    'a checkout',
    ['quantityRule', 'nearestQuantity'],
    async (api) => checkout(api, await givenVariantWithRule(api), 5),
  ],
  [
    'quantity_not_allowed',
    'a change of a cart line',
    ['quantityRule', 'nearestQuantity'],
    async (api) => putLine(api, await givenCart(api), await givenVariantWithRule(api), 5),
  ],
  [
    'idempotency_key_reused',
    'a checkout',
    ['checkoutId'],
    async (api) => {
      const { variantId } = await givenForSale(api.shopA);
      const headers = newKey();
      await checkout(api, variantId, 1, headers);
      return checkout(api, variantId, 2, headers);
    },
  ],
  [
    'cart_checked_out',
    'a change of a cart line',
    ['checkoutId', 'checkoutStatus'],
    async (api) => {
      const { variantId } = await givenForSale(api.shopA);
      const cartId = await givenCart(api, variantId);
      await api.shopB.post('/v1/checkouts', { cartId }, newKey());
      return putLine(api, cartId, variantId, 2);
    },
  ],
  [
    'cart_checked_out',
    'a checkout',
    ['checkoutId', 'checkoutStatus'],
    async (api) => {
      const cartId = await givenCart(api, (await givenForSale(api.shopA)).variantId);
      await api.shopB.post('/v1/checkouts', { cartId }, newKey());
      return api.shopB.post('/v1/checkouts', { cartId }, newKey());
    },
  ],
  [
    'already_waiting',
    'a checkout',
    ['checkoutId'],
    async (api) => {
      const { variantId } = await givenForSale(api.shopB, { onHand: 0 });
      const waitUntil = new Date(Date.now() + 3_600_000).toISOString();
      const body = {
        buyerId: 'b',
        lines: [{ variantId, quantity: 1 }],
        whenSoldOut: { waitUntil },
      };
      await api.shopB.post('/v1/checkouts', body, newKey());
      return api.shopB.post('/v1/checkouts', body, newKey());
    },
  ],
  [
    'checkout_settled',
    'a withdrawal',
    ['checkoutStatus'],
    async (api) => {
      const { variantId } = await givenForSale(api.shopA);
      const { checkoutId } = await givenOrders(api, api.shopB, [variantId]);
      return api.shopB.post(`/v1/checkouts/${checkoutId}/withdraw`);
    },
  ],
  [
    'invalid_transition',
    'a delivery of an unpaid order',
    ['from', 'move'],
    async (api) => {
      const { variantId } = await givenForSale(api.shopA);
      const { orderIds } = await givenOrders(api, api.shopB, [variantId]);
      return api.shopA.post(`/v1/orders/${orderIds[0]}/deliver`);
    },
  ],
  [
    'quantity_exceeded',
    'a cancellation',
    ['from', 'move', 'variantId'],
    async (api) => {
      const { variantId } = await givenForSale(api.shopA);
      const { orderIds } = await givenOrders(api, api.shopB, [variantId]);
      const body = { reason: 'too many', lines: [{ variantId, quantity: 3 }] };
      return api.shopA.post(`/v1/orders/${orderIds[0]}/cancel`, body);
    },
  ],
  [
    'storefront_not_allowed',
    'a checkout',
    ['shopId', 'variantId'],
    async (api) => {
      const seller = await givenSeller(api);
      const { variantId } = await givenForSale(seller);
      await seller.send('PATCH', '/v1/shop', { openToStorefronts: false });
      return checkout(api, variantId);
    },
  ],
  [
    'storefront_not_listed',
    'a checkout',
    ['shopId', 'variantId'],
    async (api) => {
      const seller = await givenSeller(api);
      const { productId, variantId } = await givenForSale(seller);
      const purchaseLimit = { quantity: 2 };
      await seller.send('PATCH', `/v1/products/${productId}`, { purchaseLimit });
      return checkout(api, variantId);
    },
  ],
  [
    'storefront_not_allowed',
    'a confirmation',
    ['shopId', 'move'],
    async (api) => {
      const { variantId } = await givenForSale(api.shopA);
      const { orderIds } = await givenOrders(api, api.shopB, [variantId]);
      return api.shopB.post(`/v1/orders/${orderIds[0]}/confirm`);
    },
  ],
  [
    'overloaded',
    'a request while too many others are in progress',
    ['reason'],
    async (api) => {
      const { load, config } = api.context;
      const releases = Array.from({ length: config.load.requestsMax }, () => load.enter('other'));
      try {
        return await api.shopA.get('/v1/shop');
      } finally {
        for (const release of releases) release();
      }
    },
  ],
];
