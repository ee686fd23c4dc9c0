import { beforeAll, describe, expect, test } from 'vitest';
import { writable } from '../../shared/store/writable.ts';
import type { Principal } from '../http/principal.ts';
import { type GivenProduct, givenForSale } from '../testing/requests.ts';
import { givenSeller } from '../testing/sessions.ts';
import { openTestApi, type TestShop } from '../testing/start-test-api.ts';
import { queryLevels } from './stock-store.ts';

interface Level {
  readonly variantId: string;
  readonly onHand: number;
  readonly version: number;
  readonly lowStockThreshold: number | null;
}

interface Page<Item> {
  readonly items: readonly Item[];
  readonly nextCursor: string | null;
}

const api = await openTestApi();

const patch = (variantId: string, body: unknown, client: Pick<TestShop, 'send'> = api.shopA) =>
  client.send<Level>('PATCH', `/v1/inventory/${variantId}`, body);
const readLevel = async (variantId: string) =>
  (await api.shopA.get<Level>(`/v1/inventory/${variantId}`)).body;

async function readPages<Item>(client: TestShop, path: string): Promise<Item[]> {
  const items: Item[] = [];
  for (let cursor: string | null = ''; cursor !== null; ) {
    const page: { readonly body: Page<Item>; readonly status: number } = await client.get<
      Page<Item>
    >(`${path}${cursor && `&cursor=${cursor}`}`);
    if (page.status !== 200) throw new Error(`${path} returned ${page.status}`);
    items.push(...page.body.items);
    cursor = page.body.nextCursor;
  }
  return items;
}

describe('a low-stock threshold', () => {
  test('can be set and removed, which does not change the stock', async () => {
    const { variantId } = await givenForSale(api.shopA, { onHand: 5 });
    const before = await readLevel(variantId);
    expect(before.lowStockThreshold).toBeNull();
    const set = await patch(variantId, { lowStockThreshold: 3 });
    expect(set).toMatchObject({ status: 200, body: { ...before, lowStockThreshold: 3 } });
    expect(await readLevel(variantId)).toEqual(set.body);
    expect((await patch(variantId, { lowStockThreshold: 0 })).body.lowStockThreshold).toBe(0);
    expect((await patch(variantId, { lowStockThreshold: null })).body).toEqual(before);
    expect(await api.context.store.movements.countDocuments({ variantId })).toBe(1);
  });

  test('triggers an event when stock falls to it, and the audit records who set it', async () => {
    const { variantId } = await givenForSale(api.shopA, { onHand: 5 });
    await patch(variantId, { lowStockThreshold: 3 });
    const path = `/v1/inventory/${variantId}/adjustments`;
    await api.shopA.post(path, { delta: -1, reason: 'loss' });
    await api.shopA.post(path, { delta: -1, reason: 'loss' });
    const filter = { 'events.subjectId': variantId, 'events.type': 'stock.low' };
    const entries = await api.context.store.outbox.find(filter).toArray();
    const lowEvents = entries
      .flatMap(({ events }) => events)
      .filter(({ type }) => type === 'stock.low');
    expect(lowEvents).toMatchObject([{ data: { available: 3, lowStockThreshold: 3 } }]);
    const [audit] = await api.context.store.audit
      .find({ action: 'stock.threshold_changed', target: variantId })
      .toArray();
    expect(audit).toMatchObject({
      actor: { kind: 'key', id: api.shopA.keyId },
      detail: { lowStockThreshold: 3 },
    });
  });

  test.each([
    [{}, 'lowStockThreshold'],
    [{ lowStockThreshold: -1 }, 'lowStockThreshold'],
    [{ lowStockThreshold: 1.5 }, 'lowStockThreshold'],
    [{ lowStockThreshold: 1_000_000_001 }, 'lowStockThreshold'],
    [{ lowStockThreshold: '3' }, 'lowStockThreshold'],
    [{ lowStockThreshold: { $gt: 0 } }, 'lowStockThreshold'],
    [{ lowStockThreshold: 3, onHand: 1 }, 'onHand'],
  ])('%j is refused', async (body, path) => {
    const { variantId } = await givenForSale(api.shopA, { onHand: 5 });
    expect(await patch(variantId, body)).toMatchObject({
      status: 400,
      body: { code: 'invalid_request', errors: [{ path }] },
    });
    expect((await readLevel(variantId)).lowStockThreshold).toBeNull();
  });

  test('can be set only by its own shop, with inventory:write', async () => {
    const { variantId } = await givenForSale(api.shopA, { onHand: 5 });
    const body = { lowStockThreshold: 3 };
    const reader = await api.withScopes(api.shopA, ['inventory:read']);
    expect((await patch(variantId, body, api.shopB)).status).toBe(404);
    expect((await patch('var_unknown', body)).status).toBe(404);
    expect((await patch(variantId, body, reader)).status).toBe(403);
    expect((await patch(variantId, body, api.anonymous)).status).toBe(401);
    expect((await readLevel(variantId)).lowStockThreshold).toBeNull();
  });
});

describe('the list of levels', () => {
  let shop: TestShop;
  const products: (GivenProduct & { readonly threshold: number | null })[] = [];

  beforeAll(async () => {
    const { shopId } = await givenSeller(api);
    shop = await api.withScopes({ ...api.shopA, shopId }, ['catalog:write', 'inventory:write']);
    // On hand 0, 1, … 7. Every other level has a threshold of 4.
    for (let onHand = 0; onHand < 8; onHand += 1) {
      const product = await givenForSale(shop, { onHand });
      const threshold = onHand % 2 === 0 ? 4 : null;
      if (threshold !== null)
        await patch(product.variantId, { lowStockThreshold: threshold }, shop);
      products.unshift({ ...product, threshold });
    }
  });

  const ids = (levels: readonly Level[]) => levels.map((level) => level.variantId);

  test('shows the shop’s own levels, newest variants first, in pages', async () => {
    const allLevels = await readPages<Level>(shop, '/v1/inventory?limit=3');
    expect(ids(allLevels)).toEqual(products.map((product) => product.variantId));
    expect(allLevels.map((level) => level.onHand)).toEqual([7, 6, 5, 4, 3, 2, 1, 0]);
    const theirs = await readPages<Level>(api.shopB, '/v1/inventory?limit=100');
    expect(ids(theirs).filter((id) => ids(allLevels).includes(id))).toEqual([]);
  });

  test('can be filtered by low stock and by product', async () => {
    const lowLevels = await readPages<Level>(shop, '/v1/inventory?low=true&limit=2');
    expect(lowLevels.map((level) => level.onHand)).toEqual([4, 2, 0]);
    const allLevels = await readPages<Level>(shop, '/v1/inventory?low=false&limit=5');
    expect(ids(allLevels)).toEqual(products.map((product) => product.variantId));
    const third = products[2];
    const ofProduct = await readPages<Level>(
      shop,
      `/v1/inventory?limit=5&productId=${third?.productId}`,
    );
    expect(ids(ofProduct)).toEqual([third?.variantId]);
    expect(await readPages(shop, '/v1/inventory?limit=5&productId=prd_unknown')).toEqual([]);
  });

  test('does not list removed variants as low, and they can still be adjusted', async () => {
    const deletedProduct = await givenForSale(shop, { onHand: 1 });
    const changedProduct = await givenForSale(shop, { onHand: 0 });
    for (const { variantId } of [deletedProduct, changedProduct])
      await patch(variantId, { lowStockThreshold: 4 }, shop);
    const listLowIds = async () =>
      ids(await readPages<Level>(shop, '/v1/inventory?low=true&limit=2'));
    const otherLowIds = (await listLowIds()).slice(2);
    expect(await listLowIds()).toEqual([
      changedProduct.variantId,
      deletedProduct.variantId,
      ...otherLowIds,
    ]);
    await shop.send('DELETE', `/v1/products/${deletedProduct.productId}`);
    const variants = [{ sku: `NEW-${changedProduct.variantId}`, price: 1, currency: 'GBP' }];
    const patched = await shop.send('PATCH', `/v1/products/${changedProduct.productId}`, {
      variants,
    });
    expect(patched.status).toBe(200);
    expect(await listLowIds()).toEqual(otherLowIds);
    const path = `/v1/inventory/${deletedProduct.variantId}/adjustments`;
    expect((await shop.post(path, { delta: -1, reason: 'written off' })).status).toBe(201);
    const allIds = ids(await readPages<Level>(shop, '/v1/inventory?limit=100'));
    expect(allIds).toEqual(
      expect.arrayContaining([deletedProduct.variantId, changedProduct.variantId]),
    );
    await writable(api.context.store).stock.deleteMany({
      productId: { $in: [deletedProduct.productId, changedProduct.productId] },
    });
  });

  test.each([
    [{ isLow: false }, 'stock_of_shop'],
    [{ isLow: true }, 'watched_stock_of_shop'],
  ])('is served by an index: %j', async (filters, index) => {
    const { keyId: id, shopId } = shop;
    const principal: Principal = { kind: 'key', id, shopId, scopes: [] };
    const page = { limit: 3, after: undefined };
    const query = queryLevels(api.context.store, principal, filters, page);
    const plan = JSON.stringify(await query.explain('executionStats'));
    expect(plan).not.toMatch(/COLLSCAN|"stage":"SORT"/);
    expect(plan).toContain(index);
  });

  test.each([
    ['low=no', 'low'],
    ['low=', 'low'],
    ['productId=', 'productId'],
    [`productId=${'x'.repeat(65)}`, 'productId'],
    ['shopId=shp_1', 'shopId'],
    ['limit=0', 'limit'],
    ['cursor=nonsense', 'cursor'],
  ])('refuses ?%s', async (query, path) => {
    expect(await shop.get(`/v1/inventory?${query}`)).toMatchObject({
      status: 400,
      body: { code: 'invalid_request', errors: [{ path }] },
    });
  });

  test('refuses a cursor of other filters', async () => {
    const { body } = await shop.get<Page<Level>>('/v1/inventory?limit=1');
    const answer = await shop.get(`/v1/inventory?limit=1&low=true&cursor=${body.nextCursor}`);
    expect(answer).toMatchObject({ status: 400, body: { errors: [{ path: 'cursor' }] } });
  });
});
