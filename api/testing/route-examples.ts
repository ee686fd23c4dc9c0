import { newId } from '../../shared/runtime/ids.ts';
import { givenShop } from '../../shared/testing/builders.ts';
import { signToken } from '../access/tokens/tokens.ts';
import type { Route } from '../http/route.ts';
import { givenWebhook } from '../webhooks/testing/given-webhook.ts';
import {
  discountRequest,
  givenDiscount,
  givenForSale,
  givenOrders,
  productRequest,
} from './requests.ts';
import type { TestApi, TestShop } from './start-test-api.ts';

/** The ids of resources that belong to one shop, its key and one of its buyers, and two tokens. */
export interface OwnedResources {
  readonly shopId: string;
  readonly productId: string;
  readonly variantId: string;
  readonly cartId: string;
  readonly checkoutId: string;
  readonly orderId: string;
  readonly buyerId: string;
  readonly buyerToken: string;
  readonly accessToken: string;
  readonly sessionId: string;
  readonly extraSessionId: string;
  readonly apiKeyId: string;
  readonly discountId: string;
  readonly webhookId: string;
  readonly deliveryId: string;
  readonly storefrontId: string;
  readonly drawId: string;
}

/** A request that the owner may make. */
export interface RouteExample {
  /** Values for the parameters of the route's path, mostly ids of the owner's resources. */
  readonly params?: Readonly<Record<string, string>>;
  /** Parameters without which the route refuses the request. */
  readonly query?: Readonly<Record<string, string>>;
  readonly body?: Readonly<Record<string, unknown>>;
  readonly headers?: Readonly<Record<string, string>>;
  /** Whether the path names a resource that other callers must not find. */
  readonly isPrivate?: boolean;
  /** Whether the request would end the owner's session or key. It is then not sent as the owner. */
  readonly isEnding?: boolean;
}

const TOKEN_TTL_S = 600;
let count = 0;

/** Returns the name of a route, such as `POST /v1/orders/{id}/confirm`. */
export function nameOfRoute({ spec }: Route): string {
  return `${spec.method.toUpperCase()} ${spec.path}`;
}

/** Creates resources of every kind through the API, the ledger and the store. */
export async function givenOwnedResources(api: TestApi, shop: TestShop): Promise<OwnedResources> {
  count += 1;
  const buyerId = `buyer-${count}`;
  const { productId, variantId } = await givenForSale(shop, { onHand: 1_000 });
  const { checkoutId, orderIds } = await givenOrders(api, shop, [variantId], { buyerId });
  const cart = await shop.post('/v1/carts', { buyerId, lines: [{ variantId, quantity: 1 }] });
  const { signingKeys, clock, store } = api.context;
  const times = { now: clock.now(), ttlS: TOKEN_TTL_S };
  const [sessionId, extraSessionId] = [`ses_own${count}`, `ses_extra${count}`];
  for (const _id of [sessionId, extraSessionId]) {
    const session = { _id, shopId: shop.shopId, createdAt: times.now, lastUsedAt: times.now };
    const expiresAt = new Date(times.now.getTime() + TOKEN_TTL_S * 1_000);
    await store.sessions.insertOne({ ...session, expiresAt });
  }
  const extra = await api.withScopes(shop, ['catalog:read']);
  const storefrontId = await givenListedStorefront(api, shop);
  return {
    shopId: shop.shopId,
    productId,
    variantId,
    cartId: cart.body.id,
    checkoutId,
    orderId: orderIds[0] ?? '',
    buyerId,
    buyerToken: await signToken(
      signingKeys,
      'buyer',
      { sub: buyerId, key: shop.keyId, gen: 0 },
      times,
    ),
    accessToken: await signToken(signingKeys, 'shop', { sub: shop.shopId, sid: sessionId }, times),
    sessionId,
    extraSessionId,
    apiKeyId: extra.keyId,
    discountId: (await givenDiscount(shop)).id,
    storefrontId,
    drawId: await givenDraw(shop, variantId),
    ...(await givenWebhook(store, shop.shopId)),
  };
}

/** Lists another shop as a storefront of the shop. Returns the id of the listing. */
async function givenListedStorefront({ context }: TestApi, { shopId }: TestShop): Promise<string> {
  const id = newId('sft');
  const rights = { maySell: true, mayConfirm: true };
  const listing = { id, shopId: await givenShop(context.store), ...rights, createdAt: new Date() };
  await context.store.shops.updateOne({ _id: shopId }, { $push: { storefronts: listing } });
  return id;
}

async function givenDraw(shop: TestShop, variantId: string): Promise<string> {
  const { body } = await shop.post<{ id: string }>('/v1/draws', drawRequest(variantId));
  return body.id;
}

const drawRequest = (variantId: string) => ({
  ...{ variantId, quantity: 1, opensAt: '2020-01-01T00:00:00Z' },
  closesAt: new Date(Date.now() + 3_600_000).toISOString(),
});

type Examples = Readonly<Record<string, (resources: OwnedResources) => RouteExample>>;

const idempotent = () => {
  count += 1;
  return { 'idempotency-key': `example-${count}` };
};
const checkoutOf = ({ variantId, buyerId }: OwnedResources) => ({
  buyerId,
  lines: [{ variantId, quantity: 1 }],
});
const ofProduct = ({ productId }: OwnedResources) => ({
  params: { id: productId },
  isPrivate: true,
});
const ofVariant = ({ variantId }: OwnedResources) => ({ params: { variantId }, isPrivate: true });
const ofDiscount = ({ discountId }: OwnedResources) => ({
  params: { id: discountId },
  isPrivate: true,
});
const ofOrder = ({ orderId }: OwnedResources) => ({ params: { id: orderId }, isPrivate: true });
const ofWebhook = ({ webhookId }: OwnedResources) => ({
  params: { id: webhookId },
  isPrivate: true,
});
const ofCart = ({ cartId }: OwnedResources) => ({ params: { id: cartId }, isPrivate: true });
const ofCartLine = ({ cartId, variantId }: OwnedResources) => ({
  params: { id: cartId, variantId },
  isPrivate: true,
});
const ofCheckout = ({ checkoutId }: OwnedResources) => ({
  params: { id: checkoutId },
  isPrivate: true,
});

/**
 * One example for each route that authenticates callers. A route without an example fails the
 * tests.
 */
export const ROUTE_EXAMPLES: Examples = {
  'POST /v1/products': () => ({ body: productRequest() }),
  'GET /v1/products': () => ({}),
  'GET /v1/products/{id}': ({ productId }) => ({ params: { id: productId } }),
  'PATCH /v1/products/{id}': (resources) => ({
    ...ofProduct(resources),
    body: { title: 'Another title', attributes: { material: 'wool' } },
  }),
  'DELETE /v1/products/{id}': ofProduct,
  'GET /v1/shop/products': () => ({}),
  'POST /v1/products/import': () => ({ body: productRequest() }),
  'GET /v1/products/export': () => ({}),
  'POST /v1/products/{id}/publish': ofProduct,
  'POST /v1/products/{id}/unpublish': ofProduct,
  'GET /v1/variants': ({ variantId }) => ({ query: { ids: variantId } }),
  'GET /v1/shops/{id}': ({ shopId }) => ({ params: { id: shopId } }),
  'GET /v1/inventory': () => ({}),
  'GET /v1/inventory/{variantId}': ofVariant,
  'PATCH /v1/inventory/{variantId}': (resources) => ({
    ...ofVariant(resources),
    body: { lowStockThreshold: 5 },
  }),
  'POST /v1/inventory/adjustments': ({ variantId }) => ({
    body: { adjustments: [{ variantId, delta: 1 }], reason: 'delivery' },
  }),
  'POST /v1/inventory/{variantId}/adjustments': (resources) => ({
    ...ofVariant(resources),
    body: { delta: 1, reason: 'found one', reference: 'note-1' },
  }),
  'GET /v1/inventory/{variantId}/movements': ofVariant,
  'POST /v1/discounts': ({ productId }) => ({
    body: discountRequest({ currency: 'GBP', appliesTo: { productIds: [productId] } }),
  }),
  'GET /v1/discounts': () => ({}),
  'GET /v1/discounts/{id}': ofDiscount,
  'PATCH /v1/discounts/{id}': (resources) => ({
    ...ofDiscount(resources),
    body: { kind: 'fixed', value: 500, endsAt: '2100-02-01T00:00:00Z', appliesTo: 'all' },
  }),
  'DELETE /v1/discounts/{id}': ofDiscount,
  'GET /v1/discounts/{id}/products': ofDiscount,
  'POST /v1/draws': ({ variantId }) => ({ body: drawRequest(variantId) }),
  'GET /v1/draws': () => ({}),
  'POST /v1/draws/{id}/cancel': ({ drawId }) => ({ params: { id: drawId }, isPrivate: true }),
  'POST /v1/carts': (resources) => ({ body: checkoutOf(resources) }),
  'GET /v1/carts': () => ({}),
  'GET /v1/carts/{id}': ofCart,
  'PUT /v1/carts/{id}/lines/{variantId}': (resources) => ({
    ...ofCartLine(resources),
    body: { quantity: 2 },
  }),
  'POST /v1/carts/{id}/lines': (resources) => ({
    ...ofCart(resources),
    body: { variantId: resources.variantId, quantity: 1 },
  }),
  'DELETE /v1/carts/{id}/lines/{variantId}': ofCartLine,
  'POST /v1/carts/{id}/acknowledge': ofCart,
  'DELETE /v1/carts/{id}': ofCart,
  'POST /v1/checkouts/review': (resources) => ({ body: checkoutOf(resources) }),
  'POST /v1/checkouts': (resources) => ({ body: checkoutOf(resources), headers: idempotent() }),
  'GET /v1/checkouts/{id}': ofCheckout,
  'GET /v1/checkouts/{id}/events': ofCheckout,
  'POST /v1/checkouts/{id}/withdraw': ofCheckout,
  'GET /v1/orders': () => ({}),
  'GET /v1/orders/export': () => ({}),
  'GET /v1/orders/{id}': ofOrder,
  'PATCH /v1/orders/{id}': (resources) => ({
    ...ofOrder(resources),
    body: { trackingReference: 'JD-2', carrier: 'Royal Mail' },
  }),
  'POST /v1/orders/{id}/confirm': (resources) => ({
    ...ofOrder(resources),
    body: { paymentReference: 'pay-1' },
  }),
  'POST /v1/orders/{id}/extend': (resources) => ({ ...ofOrder(resources), body: { seconds: 60 } }),
  'POST /v1/orders/{id}/ship': (resources) => ({
    ...ofOrder(resources),
    body: { trackingReference: 'JD-1', carrier: 'Royal Mail' },
  }),
  'POST /v1/orders/{id}/deliver': ofOrder,
  'POST /v1/orders/{id}/cancel': (resources) => ({
    ...ofOrder(resources),
    body: { reason: 'changed my mind' },
  }),
  'POST /v1/orders/{id}/return': (resources) => ({
    ...ofOrder(resources),
    body: {
      lines: [{ variantId: resources.variantId, quantity: 1 }],
      restock: true,
      reason: 'small',
    },
  }),
  'POST /v1/orders/{id}/lost': (resources) => ({
    ...ofOrder(resources),
    body: { reason: 'no scan' },
  }),
  'POST /v1/orders/{id}/parcels': (resources) => ({
    ...ofOrder(resources),
    body: {
      trackingReference: 'JD-3',
      carrier: 'Royal Mail',
      lines: [{ variantId: resources.variantId, quantity: 1 }],
    },
  }),
  'PATCH /v1/orders/{id}/parcels/{parcelId}': (resources) => ({
    params: { ...ofOrder(resources).params, parcelId: 'pcl_none' },
    isPrivate: true,
    body: { trackingReference: 'JD-4', carrier: 'Royal Mail' },
  }),
  'POST /v1/auth/logout': () => ({ isEnding: true }),
  'POST /v1/auth/logout-everywhere': () => ({ isEnding: true }),
  'POST /v1/auth/password': () => ({
    body: { currentPassword: 'not the password', newPassword: 'another password altogether' },
    isEnding: true,
  }),
  'GET /v1/auth/sessions': () => ({}),
  'DELETE /v1/auth/sessions/{id}': ({ extraSessionId }) => ({
    params: { id: extraSessionId },
    isPrivate: true,
  }),
  'GET /v1/shop': () => ({}),
  'PATCH /v1/shop': () => ({ body: { name: 'A shop by another name' } }),
  'GET /v1/shop/audit': () => ({}),
  'POST /v1/storefronts': () => ({
    body: { shopId: 'shp_none', maySell: true, mayConfirm: false },
  }),
  'GET /v1/storefronts': () => ({}),
  'DELETE /v1/storefronts/{id}': ({ storefrontId }) => ({
    params: { id: storefrontId },
    isPrivate: true,
  }),
  'POST /v1/api-keys': () => ({ body: { name: 'a key', scopes: ['catalog:read'] } }),
  'GET /v1/api-keys': () => ({}),
  'POST /v1/api-keys/{id}/rotate': ({ apiKeyId }) => ({
    params: { id: apiKeyId },
    body: {},
    isPrivate: true,
  }),
  'DELETE /v1/api-keys/{id}': ({ apiKeyId }) => ({ params: { id: apiKeyId }, isPrivate: true }),
  'POST /v1/buyer-tokens': ({ buyerId }) => ({ body: { buyerId } }),
  'POST /v1/buyers/{id}/erase': () => ({ params: { id: 'a buyer without orders' } }),
  'POST /v1/webhooks': () => ({
    body: { url: 'https://hooks.example.com/lastunit', events: ['order.*'] },
  }),
  'GET /v1/webhooks': () => ({}),
  'GET /v1/webhooks/{id}': ofWebhook,
  'PATCH /v1/webhooks/{id}': (resources) => ({
    ...ofWebhook(resources),
    body: { url: 'https://hooks.example.com/other', events: ['stock.low'] },
  }),
  'POST /v1/webhooks/{id}/rotate-secret': ofWebhook,
  'DELETE /v1/webhooks/{id}/earlier-secrets': ofWebhook,
  'GET /v1/webhooks/{id}/deliveries': ofWebhook,
  'POST /v1/webhooks/{id}/test': ({ webhookId }) => ({
    params: { id: webhookId },
    isPrivate: true,
  }),
  'POST /v1/webhooks/{id}/redeliver': ({ webhookId }) => ({
    params: { id: webhookId },
    body: { since: '2026-01-01T00:00:00Z' },
    isPrivate: true,
  }),
  'GET /v1/events': () => ({}),
  'POST /v1/webhooks/{id}/deliveries/{deliveryId}/redeliver': ({ webhookId, deliveryId }) => ({
    params: { id: webhookId, deliveryId },
    isPrivate: true,
  }),
  'DELETE /v1/webhooks/{id}': ofWebhook,
};
