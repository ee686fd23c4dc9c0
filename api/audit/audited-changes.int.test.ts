import { afterEach, expect, test, vi } from 'vitest';
import type { AuditAction } from '../../shared/store/collections/audit.ts';
import { tokenClient } from '../../shared/testing/api-client.ts';
import { givenCheckout, givenVariants, toPricedLine } from '../../shared/testing/builders.ts';
import { loseCommits } from '../../shared/testing/lose-commits.ts';
import { asOperator, callOps } from '../ops/testing/ops-calls.ts';
import {
  discountRequest,
  givenDiscount,
  givenForSale,
  givenOrders,
  productRequest,
} from '../testing/requests.ts';
import { type GivenSeller, givenSeller } from '../testing/sessions.ts';
import { openTestApi } from '../testing/start-test-api.ts';

const api = await openTestApi({ isOpsWritable: true });
const { store } = api.context;
const WEBHOOK = { url: 'https://hooks.example.com/lastunit', events: ['order.*'] };

afterEach(() => void vi.restoreAllMocks());

/** A change, and a read of what it changes. */
interface Change {
  readonly change: () => Promise<{ readonly status: number }>;
  readonly read: () => Promise<unknown>;
}

/** Changes by the actions of their audit entries. Each function prepares a change. */
const CHANGES: [AuditAction, () => Promise<Change>][] = [
  ['discount.created', () => givenCreation('/v1/discounts', discountRequest(), 'discounts')],
  ['discount.changed', () => givenDiscountChange('PATCH', { value: 20 })],
  ['discount.cancelled', () => givenDiscountChange('DELETE')],
  ['webhook.created', () => givenCreation('/v1/webhooks', WEBHOOK, 'webhooks')],
  ['webhook.changed', () => givenWebhookChange('PATCH', '', { isEnabled: false })],
  ['webhook.secret_rotated', () => givenWebhookChange('POST', '/rotate-secret')],
  ['webhook.secrets_ended', () => givenWebhookChange('DELETE', '/earlier-secrets')],
  ['webhook.deleted', () => givenWebhookChange('DELETE')],
  [
    'api_key.created',
    async () => {
      const { shopId, ...seller } = await givenSeller(api);
      return {
        change: () => seller.post('/v1/api-keys', { name: 'till', scopes: ['orders:read'] }),
        read: () => store.apiKeys.countDocuments({ shopId }),
      };
    },
  ],
  [
    'storefront.listed',
    () => givenShopChange((shop) => shop.post('/v1/storefronts', { shopId: api.shopB.shopId })),
  ],
  [
    'storefront.unlisted',
    () =>
      givenShopChange(async (shop) => {
        const { storefronts } = (await store.shops.findOne({ _id: shop.shopId })) ?? {};
        return shop.send('DELETE', `/v1/storefronts/${storefronts?.[0]?.id}`);
      }),
  ],
  [
    'shop.changed',
    () => givenShopChange((shop) => shop.send('PATCH', '/v1/shop', { openToStorefronts: false })),
  ],
  ['product.created', () => givenCreation('/v1/products', productRequest(), 'products')],
  ['product.changed', () => givenProductChange('PATCH', '', { title: 'Another title' })],
  ['product.changed', () => givenProductChange('POST', '/unpublish')],
  ['product.deleted', () => givenProductChange('DELETE')],
  [
    'ops.sale_ended',
    async () => {
      const { productId } = await givenForSale(api.shopA);
      return {
        change: () =>
          callOps(api.url, { method: 'POST', path: `/ops/sales/${productId}/end` }, asOperator),
        read: () => store.products.findOne({ _id: productId }),
      };
    },
  ],
  ['order.moved', () => givenOrderMove('confirm')],
  ['order.moved', () => givenOrderMove('cancel', { reason: 'not needed' })],
  [
    'checkout.withdrawn',
    async () => {
      const { variantId } = await givenForSale(api.shopA);
      const token = await api.shopB.post<{ token: string }>('/v1/buyer-tokens', {
        buyerId: 'ana',
      });
      const buyer = tokenClient(api.url, token.body.token);
      const checkout = { lines: [{ variantId, quantity: 1 }] };
      const key = { 'idempotency-key': variantId };
      const { id } = (await buyer.post('/v1/checkouts', checkout, key)).body;
      return {
        change: () => buyer.post(`/v1/checkouts/${id}/withdraw`),
        read: () => store.checkouts.findOne({ _id: id }),
      };
    },
  ],
  [
    'ops.checkout_replayed',
    async () => {
      const [variant] = await givenVariants(store, [{ onHand: 1 }]);
      const parked = { status: 'failed', failure: 'a bug' } as const;
      const { _id } = await givenCheckout(store, { lines: [toPricedLine(variant)], ...parked });
      return {
        change: () =>
          callOps(api.url, { method: 'POST', path: `/ops/checkouts/${_id}/replay` }, asOperator),
        read: () => store.checkouts.findOne({ _id }),
      };
    },
  ],
  [
    'draw.created',
    async () => {
      const { variantId } = await givenForSale(api.shopA);
      const [opensAt, closesAt] = [60_000, 120_000].map((ms) => new Date(Date.now() + ms));
      const request = { variantId, quantity: 2, opensAt, closesAt };
      return {
        change: () => api.shopA.post('/v1/draws', request),
        read: () => store.draws.countDocuments({ variantId }),
      };
    },
  ],
  [
    'stock.adjusted',
    () => givenAdjustment((variantId) => [`/${variantId}/adjustments`, { delta: 1 }]),
  ],
  [
    'stock.adjusted',
    () =>
      givenAdjustment((variantId) => ['/adjustments', { adjustments: [{ variantId, delta: 1 }] }]),
  ],
];

async function givenCreation(
  path: string,
  request: object,
  collection: 'discounts' | 'products' | 'webhooks',
): Promise<Change> {
  const { shopId, ...shop } = await api.newShop();
  return {
    change: () => shop.post(path, request),
    read: () => store[collection].countDocuments({ shopId }),
  };
}

async function givenDiscountChange(method: string, body?: object): Promise<Change> {
  const { id } = await givenDiscount(api.shopA);
  return {
    change: () => api.shopA.send(method, `/v1/discounts/${id}`, body),
    read: () => store.discounts.findOne({ _id: id }),
  };
}

/** Prepares a change of a webhook that has an earlier secret. */
async function givenWebhookChange(method: string, subpath = '', body?: object): Promise<Change> {
  const shop = await api.newShop();
  const { id } = (await shop.post('/v1/webhooks', WEBHOOK)).body;
  await shop.post(`/v1/webhooks/${id}/rotate-secret`);
  return {
    change: () => shop.send(method, `/v1/webhooks/${id}${subpath}`, body),
    read: () => store.webhooks.findOne({ _id: id }),
  };
}

/** Prepares a change of a shop that lists a storefront. */
async function givenShopChange(
  change: (seller: GivenSeller) => Promise<{ readonly status: number }>,
): Promise<Change> {
  const seller = await givenSeller(api);
  await seller.post('/v1/storefronts', { shopId: api.shopA.shopId });
  return {
    change: () => change(seller),
    read: () => store.shops.findOne({ _id: seller.shopId }),
  };
}

/** Prepares a change of a published product. */
async function givenProductChange(method: string, subpath = '', body?: object): Promise<Change> {
  const { productId } = await givenForSale(api.shopA, { onHand: 0 });
  return {
    change: () => api.shopA.send(method, `/v1/products/${productId}${subpath}`, body),
    read: () => store.products.findOne({ _id: productId }),
  };
}

/** Prepares a move of an order by the session of its seller. */
async function givenOrderMove(move: string, body?: object): Promise<Change> {
  const seller = await givenSeller(api);
  const { variantId } = await givenForSale(seller);
  const { orderIds } = await givenOrders(api, api.shopB, [variantId]);
  const [orderId = ''] = orderIds;
  return {
    change: () => seller.post(`/v1/orders/${orderId}/${move}`, body),
    read: () => store.orders.findOne({ _id: orderId }),
  };
}

async function givenAdjustment(
  toRequest: (variantId: string) => [path: string, body: object],
): Promise<Change> {
  const { variantId } = await givenForSale(api.shopA);
  const [path, body] = toRequest(variantId);
  return {
    change: () => api.shopA.post(`/v1/inventory${path}`, { ...body, reason: 'found' }),
    read: () => store.stock.findOne({ _id: variantId }),
  };
}

const countEntries = (action: AuditAction) => store.audit.countDocuments({ action });

test.each(CHANGES)(
  '%s: a change whose audit entry cannot be written is not made',
  async (action, given) => {
    const { change, read } = await given();
    const [before, count] = [await read(), await countEntries(action)];
    vi.spyOn(store.audit, 'insertMany').mockRejectedValueOnce(new Error('no primary'));
    expect((await change()).status).toBe(500);
    expect(await read()).toEqual(before);
    expect(await countEntries(action)).toBe(count);
    expect((await change()).status).toBeLessThan(300);
    expect(await read()).not.toEqual(before);
    expect(await countEntries(action)).toBe(count + 1);
  },
);

test.each(CHANGES)(
  '%s: a change succeeds once and is audited once if the answers to its commits are lost',
  async (action, given) => {
    const { change, read } = await given();
    const [before, count] = [await read(), await countEntries(action)];
    // A transaction tries its commit five times. If all answers are lost, it runs again.
    const lost = loseCommits(store, 6);
    expect((await change()).status).toBeLessThan(300);
    expect(lost.left()).toBe(0);
    expect(await read()).not.toEqual(before);
    expect(await countEntries(action)).toBe(count + 1);
  },
);
