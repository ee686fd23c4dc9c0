import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { SCOPES } from '../../shared/domain/scopes.ts';
import { settleCheckouts } from '../../shared/ledger/settle-checkouts.ts';
import { type ApiClient, tokenClient } from '../../shared/testing/api-client.ts';
import { testNamespace } from '../../shared/testing/harness.ts';
import { givenDiscount, givenForSale } from '../testing/requests.ts';
import { type GivenSeller, givenSeller } from '../testing/sessions.ts';
import { startTestApi, type TestApi, type TestShop } from '../testing/start-test-api.ts';

interface Shown {
  readonly id: string;
  readonly status: string;
}

const namespace = testNamespace();
let api: TestApi;
let seller: GivenSeller;
/** The seller's own storefront. */
let ownStorefront: TestShop;
/** A storefront of another shop. */
let otherStorefront: TestShop;
/** The id of a free variant that the seller sells. */
let freeVariantId: string;
let requests = 0;

beforeAll(async () => {
  api = await startTestApi(namespace);
});
afterAll(() => api.close());

beforeEach(async () => {
  seller = await givenSeller(api);
  ownStorefront = await api.withScopes({ ...api.shopA, shopId: seller.shopId }, SCOPES);
  otherStorefront = await api.newShop();
  ({ variantId: freeVariantId } = await givenForSale(ownStorefront, { price: 0, onHand: 10 }));
});

async function accept(client: ApiClient, variantIds: readonly string[], more = {}) {
  requests += 1;
  const lines = variantIds.map((variantId) => ({ variantId, quantity: 1 }));
  const headers = { 'idempotency-key': `free-${requests}` };
  const body = { buyerId: 'ana', lines, ...more };
  const { status, body: shown } = await client.post<Shown>('/v1/checkouts', body, headers);
  expect(status).toBe(202);
  return shown.id;
}

/** Settles a checkout, and returns the statuses of its orders by the shop that sells them. */
async function settleAndRead(checkoutId: string): Promise<Record<string, string>> {
  await settleCheckouts(api.context.ledger, [checkoutId]);
  const orders = await api.context.store.orders.find({ checkoutId }).toArray();
  return Object.fromEntries(orders.map(({ shopId, status }) => [shopId, status]));
}

const buy = async (client: ApiClient, variantIds: readonly string[], more = {}) =>
  settleAndRead(await accept(client, variantIds, more));

async function placeOrder(client: ApiClient): Promise<string> {
  const id = await accept(client, [freeVariantId]);
  const [settled] = await settleCheckouts(api.context.ledger, [id]);
  return settled?.orderIds[0] ?? '';
}

test('free orders of a shop’s own storefront are confirmed, whatever the scopes of its key', async () => {
  const plain = await api.withScopes(ownStorefront, ['checkouts:write', 'orders:read']);
  const minted = await plain.post<{ token: string }>('/v1/buyer-tokens', { buyerId: 'ana' });
  const ana = tokenClient(api.url, minted.body.token);
  for (const client of [ownStorefront, plain, ana]) {
    expect(await buy(client, [freeVariantId])).toEqual({ [seller.shopId]: 'confirmed' });
  }
  expect((await ownStorefront.get(`/v1/inventory/${freeVariantId}`)).body).toMatchObject({
    ...{ onHand: 7, reserved: 0, sold: 3 },
  });
  const order = await placeOrder(plain);
  expect((await plain.get(`/v1/orders/${order}`)).body).toMatchObject({
    status: 'confirmed',
    history: [{ status: 'pending' }, { status: 'confirmed', actor: 'system' }],
  });
  for (const [name, status] of [
    ['confirm', 'confirmed'],
    ['ship', 'shipped'],
  ]) {
    const moved = await ownStorefront.post(`/v1/orders/${order}/${name}`);
    expect(moved).toMatchObject({ status: 200, body: { status } });
  }
});

test('an order is confirmed if a code lowers its total to zero, but not if any amount remains', async () => {
  const { variantId } = await givenForSale(ownStorefront, { price: 500 });
  const full = await givenDiscount(ownStorefront, { value: 100 });
  const partial = await givenDiscount(ownStorefront, { value: 99 });
  const confirmed = await buy(ownStorefront, [variantId], { discountCodes: [full.code] });
  const pending = await buy(ownStorefront, [variantId], { discountCodes: [partial.code] });
  expect([confirmed, pending]).toEqual([
    { [seller.shopId]: 'confirmed' },
    { [seller.shopId]: 'pending' },
  ]);
});

test('a free order of another shop’s storefront stays pending until the seller confirms it', async () => {
  const order = await placeOrder(otherStorefront);
  expect((await otherStorefront.get(`/v1/orders/${order}`)).body).toMatchObject({
    status: 'pending',
  });
  expect((await otherStorefront.post(`/v1/orders/${order}/confirm`)).status).toBe(403);
  expect(await ownStorefront.post(`/v1/orders/${order}/confirm`)).toMatchObject({
    ...{ status: 200, body: { status: 'confirmed', total: 0 } },
  });
});

test('a free order is confirmed if its storefront may confirm orders at acceptance and still at settlement', async () => {
  const rights = { keyId: otherStorefront.keyId, maySell: true, mayConfirm: true };
  const listing = await seller.post<Shown>('/v1/storefronts', rights);
  expect(await buy(otherStorefront, [freeVariantId])).toEqual({ [seller.shopId]: 'confirmed' });
  const other = await api.withScopes(otherStorefront, ['checkouts:write']);
  expect(await buy(other, [freeVariantId])).toEqual({ [seller.shopId]: 'pending' });
  const accepted = await accept(otherStorefront, [freeVariantId]);
  await seller.send('DELETE', `/v1/storefronts/${listing.body.id}`);
  expect(await settleAndRead(accepted)).toEqual({ [seller.shopId]: 'pending' });
  expect(await buy(otherStorefront, [freeVariantId])).toEqual({ [seller.shopId]: 'pending' });
});

test('each order of a checkout of several shops is confirmed only if it is free and the storefront may confirm it', async () => {
  const paid = await givenForSale(otherStorefront, { price: 100 });
  const sample = await givenForSale(api.shopB, { price: 0 });
  await seller.post('/v1/storefronts', { shopId: otherStorefront.shopId, mayConfirm: true });
  expect(await buy(otherStorefront, [paid.variantId, freeVariantId, sample.variantId])).toEqual({
    [otherStorefront.shopId]: 'pending',
    [seller.shopId]: 'confirmed',
    [api.shopB.shopId]: 'pending',
  });
});
