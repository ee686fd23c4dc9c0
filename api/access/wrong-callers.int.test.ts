import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { SCOPES } from '../../shared/domain/scopes.ts';
import { testNamespace } from '../../shared/testing/harness.ts';
import type { ApiContext } from '../context.ts';
import type { Access } from '../http/access.ts';
import type { CallerKind } from '../http/principal.ts';
import type { Route } from '../http/route.ts';
import { ROUTES } from '../routes.ts';
import { givenOrders } from '../testing/requests.ts';
import {
  givenOwnedResources,
  nameOfRoute,
  type OwnedResources,
  ROUTE_EXAMPLES,
  type RouteExample,
} from '../testing/route-examples.ts';
import { startTestApi, type TestApi, type TestShop } from '../testing/start-test-api.ts';

const namespace = testNamespace();
const authenticated = ROUTES.filter(
  (route): route is Route<ApiContext> & { spec: { access: CallersAccess } } => {
    return 'callers' in route.spec.access;
  },
);

type CallersAccess = Extract<Access, { readonly callers: readonly CallerKind[] }>;
type Credentials = Readonly<Record<string, string>>;

let api: TestApi;
let owner: OwnedResources;
let stranger: OwnedResources;
let revoked: TestShop;

beforeAll(async () => {
  api = await startTestApi(namespace);
  owner = await givenOwnedResources(api, api.shopA);
  stranger = await givenOwnedResources(api, api.shopB);
  revoked = await api.withScopes(api.shopA, SCOPES);
  const { store } = api.context;
  await store.apiKeys.updateOne({ _id: revoked.keyId }, { $set: { revokedAt: new Date() } });
});
afterAll(() => api.close());

test('every route that authenticates its callers has an example', () => {
  const names = authenticated.map(nameOfRoute);
  expect(names.filter((name) => ROUTE_EXAMPLES[name] === undefined)).toEqual([]);
});

test('only the listed routes are public', () => {
  const publicRoutes = ROUTES.filter(({ spec }) => 'anyone' in spec.access).map(nameOfRoute);
  expect(publicRoutes.sort()).toEqual(
    [
      'GET /.well-known/jwks.json',
      'GET /healthz',
      'GET /readyz',
      'GET /v1/draws/{id}',
      'GET /v1/draws/{id}/drawn',
      'GET /v1/draws/{id}/entries',
      'POST /v1/auth/login',
      'POST /v1/auth/refresh',
      'POST /v1/auth/signup',
    ].sort(),
  );
});

describe.each(authenticated.map((route) => [nameOfRoute(route), route] as const))(
  '%s',
  (name, route) => {
    const { callers, scope } = route.spec.access;
    const example = (): RouteExample => ROUTE_EXAMPLES[name]?.(owner) ?? {};

    test('refuses missing, malformed and revoked credentials, and a key together with a token', async () => {
      expect(await statusOf(route, example(), {})).toBe(401);
      expect(await statusOf(route, example(), { 'x-api-key': 'lu_nonsense' })).toBe(401);
      expect(await statusOf(route, example(), { authorization: 'Bearer a.b.c' })).toBe(401);
      expect(await statusOf(route, example(), key(revoked))).toBe(401);
      const both = { ...key(api.shopA), ...bearer(owner.accessToken) };
      expect(await statusOf(route, example(), both)).toBe(401);
    });

    test('refuses callers of another kind and keys without a scope of the resource', async () => {
      const credentials: Record<CallerKind, Credentials> = {
        key: key(api.shopA),
        shop: bearer(owner.accessToken),
        buyer: bearer(owner.buyerToken),
      };
      for (const kind of Object.keys(credentials) as CallerKind[]) {
        if (callers.includes(kind)) continue;
        expect([kind, await statusOf(route, example(), credentials[kind])]).toEqual([kind, 403]);
      }
      if (scope === undefined || !callers.includes('key')) return;
      const [resource] = scope.split(':');
      const otherScopes = SCOPES.filter((other) => !other.startsWith(`${resource}:`));
      const keyWithoutScope = await api.withScopes(api.shopA, otherScopes);
      expect(await statusOf(route, example(), key(keyWithoutScope))).toBe(403);
    });

    test('cannot reach private resources of another caller', async () => {
      if (example().isPrivate !== true) return;
      const strangers: Record<CallerKind, Credentials> = {
        key: key(api.shopB),
        shop: bearer(stranger.accessToken),
        buyer: bearer(stranger.buyerToken),
      };
      for (const kind of callers) {
        expect([kind, await statusOf(route, example(), strangers[kind])]).toEqual([kind, 404]);
      }
      if (!callers.includes('buyer')) return;
      // Another buyer of the same key.
      const neighbour = await givenOwnedResources(api, api.shopA);
      expect(await statusOf(route, example(), bearer(neighbour.buyerToken))).toBe(404);
    });

    test('lists no resources of another caller', async () => {
      if (route.spec.method !== 'get' || example().isPrivate === true) return;
      const { cartId, checkoutId, orderId, sessionId, apiKeyId, discountId, storefrontId } = owner;
      const own = [cartId, checkoutId, orderId, sessionId, apiKeyId, discountId, storefrontId];
      own.push(owner.drawId);
      const strangers: Record<CallerKind, Credentials> = {
        key: key(api.shopB),
        shop: bearer(stranger.accessToken),
        buyer: bearer(stranger.buyerToken),
      };
      for (const kind of callers) {
        const text = await (await send(route, example(), strangers[kind])).text();
        expect(own.filter((id) => text.includes(id))).toEqual([]);
      }
    });
  },
);

/**
 * The status that a storefront gets when it changes an order that another shop sells, without and
 * with the right to confirm in that shop's list of storefronts. The test of a route without a row
 * fails.
 */
const STOREFRONT_MOVES: Readonly<Record<string, { mayNotConfirm: number; mayConfirm: number }>> = {
  'PATCH /v1/orders/{id}': { mayNotConfirm: 403, mayConfirm: 403 },
  'POST /v1/orders/{id}/confirm': { mayNotConfirm: 403, mayConfirm: 200 },
  'POST /v1/orders/{id}/cancel': { mayNotConfirm: 200, mayConfirm: 200 },
  'POST /v1/orders/{id}/extend': { mayNotConfirm: 403, mayConfirm: 200 },
  'POST /v1/orders/{id}/ship': { mayNotConfirm: 403, mayConfirm: 403 },
  'POST /v1/orders/{id}/deliver': { mayNotConfirm: 403, mayConfirm: 403 },
  'POST /v1/orders/{id}/return': { mayNotConfirm: 403, mayConfirm: 403 },
  'POST /v1/orders/{id}/lost': { mayNotConfirm: 403, mayConfirm: 403 },
  'POST /v1/orders/{id}/parcels': { mayNotConfirm: 403, mayConfirm: 403 },
  'PATCH /v1/orders/{id}/parcels/{parcelId}': { mayNotConfirm: 403, mayConfirm: 403 },
};

const orderMoves = authenticated.filter(({ spec }) => {
  return spec.method !== 'get' && spec.path.startsWith('/v1/orders/{id}');
});

describe.each(orderMoves.map((route) => [nameOfRoute(route), route] as const))(
  '%s of an order that another shop sells',
  (name, route) => {
    let storefront: TestShop;
    let session: Credentials;

    async function moveOrders(): Promise<readonly number[]> {
      const statuses: number[] = [];
      for (const credentials of [key(storefront), session]) {
        const { orderIds } = await givenOrders(api, storefront, [owner.variantId]);
        const example = ROUTE_EXAMPLES[name]?.({ ...owner, orderId: orderIds[0] ?? '' }) ?? {};
        const response = await send(route, example, credentials);
        const { code } = (await response.json()) as { readonly code?: string };
        if (response.status === 403) expect(code).toBe('storefront_not_allowed');
        statuses.push(response.status);
      }
      return statuses;
    }

    test('depends on the rights that the seller has given the storefront', async () => {
      const expected = STOREFRONT_MOVES[name] ?? { mayNotConfirm: 0, mayConfirm: 0 };
      storefront = await api.newShop();
      session = bearer((await givenOwnedResources(api, storefront)).accessToken);
      expect(await moveOrders()).toEqual([expected.mayNotConfirm, expected.mayNotConfirm]);

      const list = (mayConfirm: boolean) => {
        const rights = { maySell: true, mayConfirm, createdAt: new Date() };
        const storefronts = [{ id: 'sft_1', shopId: storefront.shopId, ...rights }];
        const { shops } = api.context.store;
        return shops.updateOne({ _id: api.shopA.shopId }, { $set: { storefronts } });
      };
      await list(false);
      expect(await moveOrders()).toEqual([expected.mayNotConfirm, expected.mayNotConfirm]);
      await list(true);
      expect(await moveOrders()).toEqual([expected.mayConfirm, expected.mayConfirm]);
    });
  },
);

const key = (shop: TestShop): Credentials => ({ 'x-api-key': shop.apiKey });
const bearer = (token: string): Credentials => ({ authorization: `Bearer ${token}` });

async function statusOf(
  route: Route,
  example: RouteExample,
  credentials: Credentials,
): Promise<number> {
  const response = await send(route, example, credentials);
  await response.body?.cancel();
  return response.status;
}

function send(route: Route, example: RouteExample, credentials: Credentials): Promise<Response> {
  const { params = {}, query = {}, body, headers = {} } = example;
  const path = route.spec.path.replace(/\{(\w+)\}/g, (_, name: string) => params[name] ?? '');
  return fetch(`${api.url}${path}?${new URLSearchParams(query)}`, {
    method: route.spec.method.toUpperCase(),
    headers: { ...headers, ...credentials, 'content-type': 'application/json' },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
}

test('HTTP Basic credentials are ignored next to a key, and refused without a key', async () => {
  const basic = { authorization: `Basic ${btoa('operator:secret')}` };
  const list = async (headers: Record<string, string>) =>
    (await fetch(`${api.url}/v1/products`, { headers })).status;
  expect(await list({ ...basic, ...key(api.shopA) })).toBe(200);
  expect(await list({ ...basic, ...key(revoked) })).toBe(401);
  expect(await list(basic)).toBe(401);
});
