import { expect, test } from 'vitest';
import { tokenClient } from '../../shared/testing/api-client.ts';
import {
  givenForSale,
  productRequest,
  type ShownProduct,
  variantRequest,
} from '../testing/requests.ts';
import { givenOwnedResources } from '../testing/route-examples.ts';
import { openTestApi, type TestShop } from '../testing/start-test-api.ts';

interface Batch {
  readonly items: readonly { readonly id: string; readonly shopName: string }[];
  readonly notFound: readonly string[];
}

interface Page {
  readonly items: readonly { readonly id: string; readonly variantId: string }[];
  readonly nextCursor: string | null;
}

const api = await openTestApi();

async function givenDraft(shop: TestShop, sku: string) {
  const request = productRequest({ variants: [variantRequest({ sku }), variantRequest()] });
  return (await shop.post<ShownProduct>('/v1/products', request)).body;
}

const lookUp = (ids: readonly string[], by: Pick<TestShop, 'get'> = api.shopB) =>
  by.get<Batch>(`/v1/variants?ids=${ids.join(',')}`);

test('variants of several shops are returned once, in the requested order, and the ids of unknown variants and of other shops’ drafts are listed', async () => {
  const ofShopA = await givenForSale(api.shopA, { onHand: 7, price: 1_200 });
  const ofShopB = await givenForSale(api.shopB, { onHand: 0, currency: 'EUR' });
  const draft = (await givenDraft(api.shopA, 'DRAFT-1')).variants[0]?.id ?? '';
  const ids = [ofShopB.variantId, 'var_none', ofShopA.variantId, draft, ofShopA.variantId];
  const { status, body } = await lookUp(ids);
  expect(status).toBe(200);
  const shop = await api.context.store.shops.findOne({ _id: api.shopA.shopId });
  expect(body).toEqual({
    items: [
      expect.objectContaining({ id: ofShopB.variantId, currency: 'EUR', available: 0 }),
      {
        id: ofShopA.variantId,
        productId: ofShopA.productId,
        productTitle: 'Linen shirt',
        shopId: api.shopA.shopId,
        shopName: shop?.name,
        status: 'published',
        sku: expect.any(String),
        title: 'Size M',
        price: 1_200,
        currency: 'GBP',
        options: expect.any(Object),
        available: 7,
      },
    ],
    notFound: ['var_none', draft],
  });
  // Only its own shop sees a draft; a buyer sees products for sale.
  const own = await lookUp([draft], api.shopA);
  expect(own.body).toMatchObject({ items: [{ id: draft, status: 'draft' }], notFound: [] });
  const { buyerToken, variantId } = await givenOwnedResources(api, api.shopA);
  const buyers = await lookUp([draft, variantId], tokenClient(api.url, buyerToken));
  expect(buyers.body).toMatchObject({ items: [{ id: variantId }], notFound: [draft] });
});

test('the variants of a deleted product are not found', async () => {
  const { productId, variantId } = await givenForSale(api.shopA, { onHand: 0 });
  expect((await lookUp([variantId])).body.items).toHaveLength(1);
  await api.shopA.send('DELETE', `/v1/products/${productId}`);
  const { body } = await lookUp([variantId], api.shopA);
  expect(body).toEqual({ items: [], notFound: [variantId] });
});

test('100 ids can be looked up together, and 101 are refused', async () => {
  const { variantId } = await givenForSale(api.shopA);
  const ids = [variantId, ...Array.from({ length: 99 }, (_, index) => `var_${index}`)];
  const { status, body } = await lookUp(ids);
  expect([status, body.items.length, body.notFound.length]).toEqual([200, 1, 99]);
  expect((await lookUp([...ids, 'var_one_more'])).status).toBe(400);
});

test.each(['', 'ids=', 'ids=,', 'ids=var_1,', 'ids=var%201', `ids=${'x'.repeat(65)}`, 'ids=$ne'])(
  'GET /v1/variants?%s is refused',
  async (query) => {
    expect(await api.shopA.get(`/v1/variants?${query}`)).toMatchObject({
      status: 400,
      body: { code: 'invalid_request', errors: [{ path: 'ids' }] },
    });
  },
);

test('products of all shops or of one shop are found by SKU', async () => {
  const sku = 'SHARED, 1';
  const products = [await givenDraft(api.shopA, sku), await givenDraft(api.shopB, sku)];
  const find = async (path: string, by = api.shopA) => {
    const { body } = await by.get<Page>(`${path}sku=${encodeURIComponent(sku)}`);
    return body.items.map(({ id }) => id);
  };
  expect(await find('/v1/products?')).toEqual([]);
  expect(await find('/v1/shop/products?')).toEqual([products[0]?.id]);
  for (const [index, shop] of [api.shopA, api.shopB].entries()) {
    await shop.post(`/v1/products/${products[index]?.id}/publish`);
  }
  expect((await find('/v1/products?')).sort()).toEqual(products.map(({ id }) => id).sort());
  expect(await find(`/v1/products?shopId=${api.shopB.shopId}&`)).toEqual([products[1]?.id]);
  expect((await api.shopA.get<Page>('/v1/products?sku=SHARED')).body.items).toEqual([]);
  expect((await api.shopA.get('/v1/products?sku=%C3%A9')).status).toBe(400);
});

test('only stock levels of the caller’s shop are found by SKU and by variant ids', async () => {
  const sku = 'LEVEL-1';
  const { variants } = await givenDraft(api.shopA, sku);
  const [first, second] = variants.map(({ id }) => id);
  const foreign = (await givenDraft(api.shopB, sku)).variants[0]?.id;
  const list = async (query: string) => {
    const { status, body } = await api.shopA.get<Page>(`/v1/inventory?${query}`);
    return status === 200 ? body.items.map(({ variantId }) => variantId).sort() : status;
  };
  expect(await list(`sku=${sku}`)).toEqual([first]);
  expect(await list(`variantIds=${first},${second},${foreign}`)).toEqual([first, second].sort());
  expect(await list(`variantIds=${second}&sku=${sku}`)).toEqual([]);
  expect(await list(`variantIds=${second}&productId=prd_none`)).toEqual([]);
  expect(await list('sku=none')).toEqual([]);
  expect(await list('variantIds=a,,b')).toBe(400);
  const page = await api.shopA.get<Page>(`/v1/inventory?variantIds=${first},${second}&limit=1`);
  const cursor = page.body.nextCursor ?? '';
  expect(await list(`variantIds=${first},${second}&limit=1&cursor=${cursor}`)).toHaveLength(1);
  expect(await list(`limit=1&cursor=${cursor}`)).toBe(400);
});

test('any key or token can read the id and the name of a shop, and no other field', async () => {
  const { store } = api.context;
  const shop = await store.shops.findOne({ _id: api.shopA.shopId });
  const seen = await api.shopB.get(`/v1/shops/${api.shopA.shopId}`);
  expect([seen.status, seen.body]).toEqual([200, { id: api.shopA.shopId, name: shop?.name }]);
  const { buyerToken } = await givenOwnedResources(api, api.shopB);
  const buyer = tokenClient(api.url, buyerToken);
  expect((await buyer.get(`/v1/shops/${api.shopA.shopId}`)).body).toEqual(seen.body);
  expect((await api.shopB.get('/v1/shops/shp_none')).status).toBe(404);
  expect((await api.anonymous.get(`/v1/shops/${api.shopA.shopId}`)).status).toBe(401);
});

test('the search for an SKU uses the index of SKUs', async () => {
  const plan = (await api.context.store.products
    .find({ status: 'published', 'variants.sku': 'SHARED, 1' })
    .sort({ _id: -1 })
    .limit(21)
    .explain('queryPlanner')) as { queryPlanner: object };
  expect(JSON.stringify(plan.queryPlanner)).toContain('products_by_sku');
});
