import { signToken } from '../access/tokens/tokens.ts';
import type { Route } from '../http/route.ts';
import { givenForSale, givenOrders, productRequest } from './requests.ts';
import type { TestApi, TestShop } from './start-test-api.ts';

/** Things that belong to one shop, its key and one of its buyers. */
export interface OwnedThings {
  readonly productId: string;
  readonly variantId: string;
  readonly checkoutId: string;
  readonly orderId: string;
  readonly buyerId: string;
  readonly buyerToken: string;
  readonly accessToken: string;
  readonly sessionId: string;
  readonly extraSessionId: string;
  readonly apiKeyId: string;
}

/** A request that its owner may make. */
export interface RouteExample {
  /** Values for the braces in the route's path; those of things that belong to somebody. */
  readonly params?: Readonly<Record<string, string>>;
  readonly body?: Readonly<Record<string, unknown>>;
  readonly headers?: Readonly<Record<string, string>>;
  /** Whether the path names a thing that another caller must not even find. */
  readonly isPrivate?: boolean;
  /** Not tried as the owner: it would end the owner's session or key. */
  readonly isEnding?: boolean;
}

const TOKEN_TTL_S = 600;
let count = 0;

/** `POST /v1/orders/{id}/confirm` and the like. */
export function nameOfRoute({ spec }: Route): string {
  return `${spec.method.toUpperCase()} ${spec.path}`;
}

/** Makes things of every kind through the API and the ledger. */
export async function givenOwnedThings(api: TestApi, shop: TestShop): Promise<OwnedThings> {
  count += 1;
  const buyerId = `buyer-${count}`;
  const { productId, variantId } = await givenForSale(shop, { onHand: 1_000 });
  const { checkoutId, orderIds } = await givenOrders(api, shop, [variantId], { buyerId });
  const { signingKeys, clock, store } = api.context;
  const times = { now: clock.now(), ttlS: TOKEN_TTL_S };
  const [sessionId, extraSessionId] = [`ses_own${count}`, `ses_extra${count}`];
  for (const _id of [sessionId, extraSessionId]) {
    const session = { _id, shopId: shop.shopId, createdAt: times.now, lastUsedAt: times.now };
    const expiresAt = new Date(times.now.getTime() + TOKEN_TTL_S * 1_000);
    await store.sessions.collection.insertOne({ ...session, expiresAt } as never);
  }
  const extra = await api.withScopes(shop, ['catalog:read']);
  return {
    productId,
    variantId,
    checkoutId,
    orderId: orderIds[0] ?? '',
    buyerId,
    buyerToken: await signToken(signingKeys, 'buyer', { sub: buyerId, key: shop.keyId }, times),
    accessToken: await signToken(signingKeys, 'shop', { sub: shop.shopId, sid: sessionId }, times),
    sessionId,
    extraSessionId,
    apiKeyId: extra.keyId,
  };
}

type Examples = Readonly<Record<string, (things: OwnedThings) => RouteExample>>;

const idempotent = () => {
  count += 1;
  return { 'idempotency-key': `example-${count}` };
};
const checkoutOf = ({ variantId, buyerId }: OwnedThings) => ({
  buyerId,
  lines: [{ variantId, quantity: 1 }],
});
const ofProduct = ({ productId }: OwnedThings) => ({ params: { id: productId }, isPrivate: true });
const ofVariant = ({ variantId }: OwnedThings) => ({ params: { variantId }, isPrivate: true });
const ofOrder = ({ orderId }: OwnedThings) => ({ params: { id: orderId }, isPrivate: true });
const ofCheckout = ({ checkoutId }: OwnedThings) => ({
  params: { id: checkoutId },
  isPrivate: true,
});

/** One example for each route that asks who calls. A route without one fails the tests. */
export const ROUTE_EXAMPLES: Examples = {
  'POST /v1/products': () => ({ body: productRequest() }),
  'GET /v1/products': () => ({}),
  'GET /v1/products/{id}': ({ productId }) => ({ params: { id: productId } }),
  'GET /v1/shop/products': () => ({}),
  'POST /v1/products/{id}/publish': ofProduct,
  'POST /v1/products/{id}/unpublish': ofProduct,
  'GET /v1/inventory/{variantId}': ofVariant,
  'POST /v1/inventory/{variantId}/adjustments': (things) => ({
    ...ofVariant(things),
    body: { delta: 1, reason: 'found one', reference: 'note-1' },
  }),
  'GET /v1/inventory/{variantId}/movements': ofVariant,
  'POST /v1/checkouts': (things) => ({ body: checkoutOf(things), headers: idempotent() }),
  'GET /v1/checkouts/{id}': ofCheckout,
  'GET /v1/checkouts/{id}/events': ofCheckout,
  'GET /v1/orders': () => ({}),
  'GET /v1/orders/{id}': ofOrder,
  'POST /v1/orders/{id}/confirm': ofOrder,
  'POST /v1/orders/{id}/ship': ofOrder,
  'POST /v1/orders/{id}/deliver': ofOrder,
  'POST /v1/orders/{id}/cancel': (things) => ({
    ...ofOrder(things),
    body: { reason: 'changed my mind' },
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
  'POST /v1/api-keys': () => ({ body: { name: 'a key', scopes: ['catalog:read'] } }),
  'GET /v1/api-keys': () => ({}),
  'POST /v1/api-keys/{id}/rotate': ({ apiKeyId }) => ({
    params: { id: apiKeyId },
    body: {},
    isPrivate: true,
  }),
  'DELETE /v1/api-keys/{id}': ({ apiKeyId }) => ({ params: { id: apiKeyId }, isPrivate: true }),
  'POST /v1/buyer-tokens': ({ buyerId }) => ({ body: { buyerId } }),
};
