import { expect, test } from 'vitest';
import { variantRequest } from '../../testing/requests.ts';
import { openTestApi } from '../../testing/start-test-api.ts';
import {
  givenOwnShop,
  givenProducts,
  givenStock,
  priced,
  readPages,
  titlesIn,
} from '../testing/given-products.ts';

const api = await openTestApi();

test('only the shop’s own list contains drafts, with and without a search', async () => {
  const shop = await givenOwnShop(api);
  await givenProducts(api, shop, [{ title: 'Draft pot', status: 'draft' }, { title: 'Sold pot' }]);
  const titles = async (path: string) => titlesIn(await readPages(shop, path));
  const publicList = `/v1/products?shopId=${shop.shopId}`;
  expect(await titles(`${publicList}&q=pot`)).toEqual(['Sold pot']);
  expect(await titles('/v1/shop/products?q=pot')).toEqual(['Sold pot', 'Draft pot']);
  expect(await titles('/v1/shop/products?q=pot&status=draft')).toEqual(['Draft pot']);
  expect(await titles('/v1/shop/products?status=published')).toEqual(['Sold pot']);
  expect(titlesIn(await readPages(api.shopB, '/v1/shop/products?q=pot'))).toEqual([]);
});

test('filters by price, currency, type and words can be combined', async () => {
  const shop = await givenOwnShop(api);
  const euros = { variants: [variantRequest({ price: 700, currency: 'EUR' })] };
  await givenProducts(api, shop, [
    { title: 'Cheap', ...priced(100) },
    { title: 'Fair', ...priced(500) },
    { title: 'Both', variants: [...priced(100).variants, ...priced(900).variants] },
    { title: 'Abroad', ...euros },
    { title: 'Table', type: 'furniture', attributes: { material: 'oak' }, ...priced(500) },
  ]);
  const titles = async (query: string) =>
    titlesIn(await readPages(shop, `/v1/products?shopId=${shop.shopId}&sort=title&${query}`));
  expect(await titles('priceMin=500')).toEqual(['Abroad', 'Both', 'Fair', 'Table']);
  expect(await titles('priceMax=500')).toEqual(['Both', 'Cheap', 'Fair', 'Table']);
  expect(await titles('priceMin=101&priceMax=899')).toEqual(['Abroad', 'Fair', 'Table']);
  expect(await titles('priceMin=101&priceMax=899&currency=GBP')).toEqual(['Fair', 'Table']);
  expect(await titles('priceMin=500&priceMax=500&type=furniture')).toEqual(['Table']);
  expect(await titles('q=oak&priceMax=500')).toEqual(['Table']);
  expect(await titles('q=oak&priceMax=499')).toEqual([]);
  expect(await titles('currency=EUR')).toEqual(['Abroad']);
});

test('available=true and available=false filter a list', async () => {
  const shop = await givenOwnShop(api);
  const [unreserved, reserved] = [
    await givenProducts(api, shop, [{ title: 'Plenty' }, { title: 'None' }]),
    await givenProducts(api, shop, [{ title: 'Reserved' }]),
  ];
  await givenStock(api, unreserved.slice(0, 1), 3, 2);
  await givenStock(api, reserved, 3, 3);
  const titles = async (query: string) =>
    titlesIn(await readPages(shop, `/v1/products?shopId=${shop.shopId}&sort=title&${query}`));
  expect(await titles('available=true')).toEqual(['Plenty']);
  expect(await titles('available=false')).toEqual(['None', 'Reserved']);
  expect(await titles('available=true&q=linen')).toEqual(['Plenty']);
});

test('pages of available products are filled from later results, but a page examines at most 2,000 products', async () => {
  const shop = await givenOwnShop(api);
  const products = await givenProducts(
    api,
    shop,
    Array.from({ length: 2_300 }, (_, index) => ({ title: `Thing ${index}`, ...priced(index) })),
  );
  await givenStock(
    api,
    [150, 151, 1_700, 2_250].flatMap((index) => products[index] ?? []),
    1,
  );
  for (const query of ['sort=price_asc', 'q=thing&sort=price_asc']) {
    const path = `/v1/products?shopId=${shop.shopId}&available=true&limit=2&${query}`;
    const pages = await readPages(shop, path);
    expect(titlesIn(pages)).toEqual(['Thing 150', 'Thing 151', 'Thing 1700', 'Thing 2250']);
    expect(pages[0]).toHaveLength(2);
  }
  const path = `/v1/products?shopId=${shop.shopId}&available=true&sort=price_desc&limit=20`;
  const pages = await readPages(shop, path);
  // The first page examines the products 2,299 to 300.
  expect(pages.map((page) => page.length)).toEqual([2, 2]);
});

test.each([
  ['q=', 'q=', 'q'],
  ['a query of 201 characters', `q=${'x'.repeat(201)}`, 'q'],
  ['q[$ne]=x', 'q[$ne]=x', 'q[$ne]'],
  ['sort=cheapest', 'sort=cheapest', 'sort'],
  ['sort=relevance', 'sort=relevance', 'sort'],
  ['available=yes', 'available=yes', 'available'],
  ['available=', 'available=', 'available'],
  ['priceMin=-1', 'priceMin=-1', 'priceMin'],
  ['priceMin=', 'priceMin=', 'priceMin'],
  ['priceMax=1.5', 'priceMax=1.5', 'priceMax'],
  ['priceMax=1e3', 'priceMax=1e3', 'priceMax'],
  ['priceMax=100000001', 'priceMax=100000001', 'priceMax'],
  ['priceMin=2&priceMax=1', 'priceMin=2&priceMax=1', 'priceMin'],
  ['currency=XYZ', 'currency=XYZ', 'currency'],
  ['type=vehicle', 'type=vehicle', 'type'],
  ['a cursor of 1,001 characters', `cursor=${'x'.repeat(1_001)}`, 'cursor'],
])('%s is refused', async (_, query, field) => {
  for (const path of ['/v1/products', '/v1/shop/products']) {
    const answer = await api.shopA.get(`${path}?${query}`);
    expect(answer).toMatchObject({
      status: 400,
      body: { code: 'invalid_request', errors: [{ path: field }] },
    });
  }
});
