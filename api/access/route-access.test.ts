import { expect, test } from 'vitest';
import { ROUTES } from '../routes.ts';
import { nameOfRoute } from '../testing/route-examples.ts';

/** The kinds of callers and the scope of every route that authenticates its callers. */
const ROUTES_BY_ACCESS: Readonly<Record<string, readonly string[]>> = {
  'key, buyer: carts:write': [
    'GET /v1/carts',
    'POST /v1/carts',
    'DELETE /v1/carts/{id}',
    'GET /v1/carts/{id}',
    'POST /v1/carts/{id}/acknowledge',
    'POST /v1/carts/{id}/lines',
    'DELETE /v1/carts/{id}/lines/{variantId}',
    'PUT /v1/carts/{id}/lines/{variantId}',
  ],
  'key, buyer: checkouts:write': [
    'POST /v1/checkouts',
    'POST /v1/checkouts/review',
    'GET /v1/checkouts/{id}',
    'GET /v1/checkouts/{id}/events',
    'POST /v1/checkouts/{id}/withdraw',
  ],
  'key: checkouts:write': ['POST /v1/buyer-tokens'],
  shop: [
    'GET /v1/api-keys',
    'POST /v1/api-keys',
    'DELETE /v1/api-keys/{id}',
    'POST /v1/api-keys/{id}/rotate',
    'POST /v1/auth/logout',
    'POST /v1/auth/logout-everywhere',
    'POST /v1/auth/password',
    'GET /v1/auth/sessions',
    'DELETE /v1/auth/sessions/{id}',
    'GET /v1/shop',
    'PATCH /v1/shop',
    'GET /v1/shop/audit',
    'GET /v1/storefronts',
    'POST /v1/storefronts',
    'DELETE /v1/storefronts/{id}',
  ],
  'shop, key, buyer: catalog:read': [
    'GET /v1/products',
    'GET /v1/products/{id}',
    'GET /v1/shops/{id}',
    'GET /v1/variants',
  ],
  'shop, key, buyer: orders:read': ['GET /v1/orders', 'GET /v1/orders/{id}'],
  'shop, key, buyer: orders:write': ['POST /v1/orders/{id}/cancel'],
  'shop, key: catalog:read': ['GET /v1/products/export', 'GET /v1/shop/products'],
  'shop, key: catalog:write': [
    'POST /v1/products',
    'POST /v1/products/import',
    'DELETE /v1/products/{id}',
    'PATCH /v1/products/{id}',
    'POST /v1/products/{id}/publish',
    'POST /v1/products/{id}/unpublish',
  ],
  'shop, key: discounts:write': [
    'GET /v1/discounts',
    'POST /v1/discounts',
    'DELETE /v1/discounts/{id}',
    'GET /v1/discounts/{id}',
    'PATCH /v1/discounts/{id}',
    'GET /v1/discounts/{id}/products',
  ],
  'shop, key: inventory:read': [
    'GET /v1/draws',
    'GET /v1/inventory',
    'GET /v1/inventory/{variantId}',
    'GET /v1/inventory/{variantId}/movements',
  ],
  'shop, key: inventory:write': [
    'POST /v1/draws',
    'POST /v1/draws/{id}/cancel',
    'POST /v1/inventory/adjustments',
    'PATCH /v1/inventory/{variantId}',
    'POST /v1/inventory/{variantId}/adjustments',
  ],
  'shop, key: orders:read': ['GET /v1/orders/export'],
  'shop, key: orders:write': [
    'POST /v1/buyers/{id}/erase',
    'PATCH /v1/orders/{id}',
    'POST /v1/orders/{id}/confirm',
    'POST /v1/orders/{id}/deliver',
    'POST /v1/orders/{id}/extend',
    'POST /v1/orders/{id}/lost',
    'POST /v1/orders/{id}/parcels',
    'PATCH /v1/orders/{id}/parcels/{parcelId}',
    'POST /v1/orders/{id}/return',
    'POST /v1/orders/{id}/ship',
  ],
  'shop, key: webhooks:write': [
    'GET /v1/events',
    'GET /v1/webhooks',
    'POST /v1/webhooks',
    'DELETE /v1/webhooks/{id}',
    'GET /v1/webhooks/{id}',
    'PATCH /v1/webhooks/{id}',
    'GET /v1/webhooks/{id}/deliveries',
    'POST /v1/webhooks/{id}/deliveries/{deliveryId}/redeliver',
    'DELETE /v1/webhooks/{id}/earlier-secrets',
    'POST /v1/webhooks/{id}/redeliver',
    'POST /v1/webhooks/{id}/rotate-secret',
    'POST /v1/webhooks/{id}/test',
  ],
};

test('every route that authenticates its callers admits only the listed kinds with the listed scope', () => {
  const actual = ROUTES.flatMap((route) => {
    const { access } = route.spec;
    if (!('callers' in access)) return [];
    const { callers, scope } = access;
    return [[nameOfRoute(route), scope ? `${callers.join(', ')}: ${scope}` : callers.join(', ')]];
  });
  const expected = Object.entries(ROUTES_BY_ACCESS).flatMap(([access, names]) =>
    names.map((name) => [name, access]),
  );
  expect(actual.sort()).toEqual(expected.sort());
});
