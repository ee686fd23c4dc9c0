import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { SCOPES } from '../../shared/domain/scopes.ts';
import { testNamespace } from '../../shared/testing/harness.ts';
import type { Access } from '../http/access.ts';
import type { CallerKind } from '../http/principal.ts';
import type { Route } from '../http/route.ts';
import { ROUTES } from '../routes.ts';
import {
  givenOwnedThings,
  nameOfRoute,
  type OwnedThings,
  ROUTE_EXAMPLES,
  type RouteExample,
} from '../testing/route-examples.ts';
import { startTestApi, type TestApi, type TestShop } from '../testing/start-test-api.ts';

const namespace = testNamespace();
const known = ROUTES.filter((route): route is Route & { spec: { access: CallersAccess } } => {
  return 'callers' in route.spec.access;
});

type CallersAccess = Extract<Access, { readonly callers: readonly CallerKind[] }>;
type Credentials = Readonly<Record<string, string>>;

let api: TestApi;
let owner: OwnedThings;
let stranger: OwnedThings;
let revoked: TestShop;

beforeAll(async () => {
  api = await startTestApi(namespace);
  owner = await givenOwnedThings(api, api.shopA);
  stranger = await givenOwnedThings(api, api.shopB);
  revoked = await api.withScopes(api.shopA, SCOPES);
  const { store } = api.context;
  await store.apiKeys.updateOne({ _id: revoked.keyId }, { $set: { revokedAt: new Date() } });
});
afterAll(() => api.close());

test('every route that asks who calls has an example', () => {
  const names = known.map(nameOfRoute);
  expect(names.filter((name) => ROUTE_EXAMPLES[name] === undefined)).toEqual([]);
});

test('what changes or shows somebody’s things asks who calls', () => {
  const open = ROUTES.filter(({ spec }) => 'anyone' in spec.access).map(nameOfRoute);
  expect(open.sort()).toEqual(
    [
      'GET /.well-known/jwks.json',
      'GET /healthz',
      'GET /readyz',
      'POST /v1/auth/login',
      'POST /v1/auth/refresh',
      'POST /v1/auth/signup',
    ].sort(),
  );
});

describe.each(known.map((route) => [nameOfRoute(route), route] as const))('%s', (name, route) => {
  const { callers, scope } = route.spec.access;
  const example = (): RouteExample => ROUTE_EXAMPLES[name]?.(owner) ?? {};

  test('refuses nobody, nonsense, a revoked key, and two credentials at once', async () => {
    expect(await statusOf(route, example(), {})).toBe(401);
    expect(await statusOf(route, example(), { 'x-api-key': 'lu_nonsense' })).toBe(401);
    expect(await statusOf(route, example(), { authorization: 'Bearer a.b.c' })).toBe(401);
    expect(await statusOf(route, example(), key(revoked))).toBe(401);
    const both = { ...key(api.shopA), ...bearer(owner.accessToken) };
    expect(await statusOf(route, example(), both)).toBe(401);
  });

  test('refuses callers of another kind and keys without the scope', async () => {
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
    const [thing] = scope.split(':');
    const others = SCOPES.filter((each) => !each.startsWith(`${thing}:`));
    const lacking = await api.withScopes(api.shopA, others);
    expect(await statusOf(route, example(), key(lacking))).toBe(403);
  });

  test('lets nobody reach what is another’s', async () => {
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
    // Another buyer whom the very same key has let in.
    const neighbour = await givenOwnedThings(api, api.shopA);
    expect(await statusOf(route, example(), bearer(neighbour.buyerToken))).toBe(404);
  });

  test('lists nothing that is another’s', async () => {
    if (route.spec.method !== 'get' || example().isPrivate === true) return;
    const { cartId, checkoutId, orderId, sessionId, apiKeyId, discountId } = owner;
    const own = [cartId, checkoutId, orderId, sessionId, apiKeyId, discountId];
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
});

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
  const { params = {}, body, headers = {} } = example;
  const path = route.spec.path.replace(/\{(\w+)\}/g, (_, name: string) => params[name] ?? '');
  return fetch(`${api.url}${path}`, {
    method: route.spec.method.toUpperCase(),
    headers: { ...headers, ...credentials, 'content-type': 'application/json' },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
}
