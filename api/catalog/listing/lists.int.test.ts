import { describe, expect, test } from 'vitest';
import { openTestApi, type TestShop } from '../../testing/start-test-api.ts';
import {
  givenOwnShop,
  givenProducts,
  type Page,
  priced,
  readPages,
  titlesIn,
} from '../testing/given-products.ts';

const api = await openTestApi();

const SORT_ORDERS: readonly [query: string, expected: readonly string[]][] = [
  ['sort=newest', ['Zebra mug', 'éclair mug', 'Mug', 'Apple mug', 'Mug stand', 'banana mug']],
  ['sort=title', ['Apple mug', 'banana mug', 'éclair mug', 'Mug', 'Mug stand', 'Zebra mug']],
  ['sort=price_asc', ['Mug stand', 'banana mug', 'Zebra mug', 'Mug', 'éclair mug', 'Apple mug']],
  ['sort=price_desc', ['Apple mug', 'éclair mug', 'Mug', 'Zebra mug', 'banana mug', 'Mug stand']],
  ['q=mug', ['Mug', 'Zebra mug', 'éclair mug', 'Apple mug', 'Mug stand', 'banana mug']],
  ['q=mug&sort=title', ['Apple mug', 'banana mug', 'éclair mug', 'Mug', 'Mug stand', 'Zebra mug']],
];

describe.each(SORT_ORDERS)('%s', (query, expected) => {
  /** Creates mugs. Those with equal prices are listed by their time of creation. */
  async function givenMugs(shop: TestShop) {
    await givenProducts(api, shop, [
      { title: 'banana mug', ...priced(200) },
      { title: 'Mug stand', variants: [...priced(900).variants, ...priced(100).variants] },
      { title: 'Apple mug', ...priced(500) },
      { title: 'Mug', ...priced(300) },
      { title: 'éclair mug', ...priced(300) },
      { title: 'Zebra mug', ...priced(200) },
      { title: 'Deleted mug', status: 'deleted', ...priced(300) },
    ]);
  }

  test.each([1, 2, 4, 6, 100])('lists everything once, in order, %i at a time', async (limit) => {
    const shop = await givenOwnShop(api);
    await givenMugs(shop);
    for (const path of [`/v1/products?shopId=${shop.shopId}&`, '/v1/shop/products?']) {
      const pages = await readPages(shop, `${path}${query}&limit=${limit}`);
      expect(titlesIn(pages)).toEqual(expected);
    }
  });

  test('shows each product once, even if products are added between two pages', async () => {
    const shop = await givenOwnShop(api);
    await givenMugs(shop);
    const added: string[] = [];
    const change = async () => {
      const title = `${'ABMZ'[added.length % 4]} mug ${added.length}`;
      added.push(title);
      await givenProducts(api, shop, [{ title, ...priced(100 + 100 * (added.length % 5)) }]);
    };
    const path = `/v1/products?shopId=${shop.shopId}&${query}&limit=2`;
    const seenTitles = titlesIn(await readPages(shop, path, change));
    expect(added.length).toBeGreaterThan(1);
    expect(seenTitles.filter((title) => expected.includes(title))).toEqual(expected);
    expect(new Set(seenTitles).size).toBe(seenTitles.length);
  });
});

test('a cursor works only with the list, filters, sort order and query that it was made for', async () => {
  const shop = await givenOwnShop(api);
  await givenProducts(api, shop, [
    { title: 'One mug' },
    { title: 'Two mugs' },
    { title: 'Mug three' },
  ]);
  const readCursor = async (query: string) => {
    const { body } = await shop.get<Page>(`/v1/products?limit=1&${query}`);
    return body.nextCursor;
  };
  const cursor = await readCursor('q=mug&sort=price_asc&type=clothing');
  expect(cursor).toEqual(expect.any(String));
  const sameList = `type=clothing&sort=price_asc&q=mug&limit=2&cursor=${cursor}`;
  expect((await shop.get(`/v1/products?${sameList}`)).status).toBe(200);
  for (const other of [
    '/v1/shop/products?q=mug&sort=price_asc&type=clothing',
    '/v1/products?q=mugs&sort=price_asc&type=clothing',
    '/v1/products?q=mug&sort=price_desc&type=clothing',
    '/v1/products?q=mug&type=clothing',
    '/v1/products?sort=price_asc&type=clothing',
    '/v1/products?q=mug&sort=price_asc',
    '/v1/products?q=mug&sort=price_asc&type=clothing&available=true',
    '/v1/products?q=mug&sort=price_asc&type=clothing&priceMin=0',
    `/v1/products?q=mug&sort=price_asc&type=clothing&shopId=${shop.shopId}`,
  ]) {
    const answer = await shop.get(`${other}&cursor=${cursor}`);
    expect([other, answer.status, answer.body]).toMatchObject([
      other,
      400,
      { code: 'invalid_request', errors: [{ path: 'cursor' }] },
    ]);
  }
});
