import { afterEach, expect, test, vi } from 'vitest';
import { newId } from '../../../shared/runtime/ids.ts';
import { openTestApi } from '../../testing/start-test-api.ts';
import {
  givenOwnShop,
  givenProducts,
  givenStock,
  type Page,
  priced,
  readPages,
  titlesIn,
} from '../testing/given-products.ts';

const api = await openTestApi();
afterEach(() => vi.restoreAllMocks());

const SORTS = ['relevance', 'price_asc', 'price_desc', 'title'];

test('the best available products are listed when better matches are sold out', async () => {
  const shop = await givenOwnShop(api);
  await givenProducts(api, shop, [{ title: 'Red wool hat', ...priced(100) }]);
  const available = await givenProducts(api, shop, [
    { title: 'Red cotton hat', ...priced(300) },
    { title: 'Red silk hat', ...priced(400) },
    { title: 'Hat', ...priced(200) },
  ]);
  await givenStock(api, available, 5);
  for (const sort of SORTS) {
    const path = `/v1/products?shopId=${shop.shopId}&q=red+wool+hat&available=true&sort=${sort}`;
    const expected = ['Red cotton hat', 'Red silk hat', ...(sort === 'relevance' ? ['Hat'] : [])];
    for (const limit of [1, 2, 20]) {
      const titles = titlesIn(await readPages(shop, `${path}&limit=${limit}`));
      expect([sort, titles.toSorted()]).toEqual([sort, expected.toSorted()]);
    }
  }
});

test('available products are listed even if more products are sold out than a page examines', async () => {
  const shop = await givenOwnShop(api);
  await givenProducts(
    api,
    shop,
    Array.from({ length: 2_100 }, (_, index) => ({ title: `Red hat ${index}`, ...priced(index) })),
  );
  const available = await givenProducts(api, shop, [
    { title: 'Hat one', ...priced(1) },
    { title: 'Hat two', ...priced(2) },
  ]);
  await givenStock(api, available, 5);
  const path = `/v1/products?shopId=${shop.shopId}&q=red+hat&available=true&sort=price_asc`;
  const pages = await readPages(shop, `${path}&limit=1`);
  expect(pages.map((page) => titlesIn([page]))).toEqual([[], ['Hat one'], ['Hat two']]);
  const { body } = await shop.get<Page>(path);
  const other = `${path.replace('price_asc', 'title')}&cursor=${body.nextCursor}`;
  expect(await shop.get(other)).toMatchObject({ status: 400, body: { code: 'invalid_request' } });
});

test('results are ranked once, even if few of them are available', async () => {
  const shop = await givenOwnShop(api);
  const products = await givenProducts(
    api,
    shop,
    Array.from({ length: 1_500 }, (_, index) => ({ title: `Red hat ${index}` })),
  );
  const { store } = api.context;
  const aggregate = vi.spyOn(store.products, 'aggregate');
  const find = vi.spyOn(store.products, 'find');
  const path = `/v1/products?shopId=${shop.shopId}&q=red+hat&available=`;
  expect((await shop.get<Page>(`${path}true`)).body.items).toEqual([]);
  expect(aggregate).toHaveBeenCalledTimes(1);
  // Only the first products are read whole; the others are screened by their stock.
  expect(find).toHaveBeenCalledTimes(1);
  await givenStock(api, products.slice(1_000), 5);
  aggregate.mockClear();
  expect((await shop.get<Page>(`${path}true`)).body.items).toHaveLength(20);
  expect(aggregate).toHaveBeenCalledTimes(1);
});

test('units of a removed variant do not make its product available', async () => {
  const shop = await givenOwnShop(api);
  const products = await givenProducts(
    api,
    shop,
    Array.from({ length: 60 }, (_, index) => ({ title: `Cap ${index}` })),
  );
  await givenStock(api, products, 5);
  const collection = api.context.store.products;
  for (const { _id } of products.slice(0, 55)) {
    const variants = { 'variants.0.id': newId('var') };
    await collection.updateOne({ _id: _id }, { $set: variants });
  }
  const path = `/v1/products?shopId=${shop.shopId}&q=cap&limit=4&available`;
  expect(titlesIn(await readPages(shop, `${path}=true`))).toHaveLength(5);
  expect(titlesIn(await readPages(shop, `${path}=false`))).toHaveLength(55);
});
