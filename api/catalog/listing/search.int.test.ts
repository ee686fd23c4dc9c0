import { beforeAll, describe, expect, test } from 'vitest';
import { productRequest, variantRequest } from '../../testing/requests.ts';
import { openTestApi, type TestShop } from '../../testing/start-test-api.ts';
import {
  givenOwnShop,
  givenProducts,
  type Page,
  readPages,
  type Shown,
  titlesIn,
} from '../testing/given-products.ts';

const api = await openTestApi();

describe('a search', () => {
  let shop: TestShop;
  const find = async (query: string) => {
    const path = `/v1/products?shopId=${shop.shopId}&q=${encodeURIComponent(query)}`;
    const { status, body } = await api.shopB.get<Page>(path);
    expect([query, status]).toEqual([query, 200]);
    return body.items.map(({ title }) => title);
  };

  beforeAll(async () => {
    shop = await givenOwnShop(api);
    await givenProducts(api, shop, [
      {
        title: 'Wool scarf',
        description: 'Goes with the red blanket.',
        attributes: { brand: 'Fjällräv', color: 'green' },
        variants: [variantRequest({ sku: 'SCF-1/XL', options: { pattern: 'Herringbone' } })],
      },
      { title: 'Red wool blanket', attributes: {}, description: undefined },
      { title: 'Red boxes', attributes: {}, description: 'In wool, for scarves.' },
    ]);
  });

  test.each([
    ['wool blanket', ['Red wool blanket', 'Wool scarf', 'Red boxes']],
    ['red', ['Red boxes', 'Red wool blanket', 'Wool scarf']],
    ['BOX', ['Red boxes']],
    ['blan', ['Red wool blanket']],
    ['herring', ['Wool scarf']],
    ['Fjallrav', ['Wool scarf']],
    ['SCF-1/XL', ['Wool scarf']],
    ['scf-1/xl', ['Wool scarf']],
    ['-wool', ['Wool scarf', 'Red wool blanket', 'Red boxes']],
    // The description of the red boxes has “scarves”.
    ['"wool scarf"', ['Wool scarf', 'Red boxes', 'Red wool blanket']],
    ['green -wool', ['Wool scarf', 'Red wool blanket', 'Red boxes']],
    // Only the description of the scarf has “the”.
    ['the', ['Wool scarf']],
    ['with the of', ['Wool scarf']],
    ['the blanket', ['Red wool blanket', 'Wool scarf']],
    ['"" -- !?', []],
    ['   ', []],
    ['.*', []],
    ['^red$', ['Red boxes', 'Red wool blanket', 'Wool scarf']],
    ['{"$gt":""}', []],
    ['candel', []],
  ])('for %s finds %o', async (query, expected) => {
    expect(await find(query)).toEqual(expected);
  });

  test('finds a product only by its current title, and no longer after the product is deleted', async () => {
    const { body } = await shop.post<Shown>('/v1/products', productRequest({ title: 'Felt hat' }));
    await shop.post(`/v1/products/${body.id}/publish`);
    expect(await find('hat')).toEqual(['Felt hat']);
    await shop.send('PATCH', `/v1/products/${body.id}`, { title: 'Felt beret' });
    expect([await find('hat'), await find('ber')]).toEqual([[], ['Felt beret']]);
    await shop.send('DELETE', `/v1/products/${body.id}`);
    expect(await find('beret')).toEqual([]);
  });

  test('a misspelt word that no product has is corrected', async () => {
    expect(await find('blanekt')).toEqual(['Red wool blanket', 'Wool scarf']);
    expect(await find('blankett wool')).toEqual(['Red wool blanket', 'Wool scarf', 'Red boxes']);
    // Another shop has the word, but this shop still does not.
    const other = await givenOwnShop(api);
    await givenProducts(api, other, [{ title: 'Blankett' }]);
    expect(await find('blankett')).toEqual(['Red wool blanket', 'Wool scarf']);
  });

  test('a word of products that are filtered out does not count as misspelt', async () => {
    const path = `/v1/products?shopId=${shop.shopId}&q=boxes&priceMin=100000`;
    expect((await api.shopB.get<Page>(path)).body.items).toEqual([]);
    await givenProducts(api, shop, [
      { title: 'Foxes', variants: [variantRequest({ price: 200_000 })] },
    ]);
    expect((await api.shopB.get<Page>(path)).body.items).toEqual([]);
  });

  test('corrections come only from products that the caller may see', async () => {
    await givenProducts(api, shop, [{ title: 'Secretive', status: 'draft' }]);
    expect(await find('secretve')).toEqual([]);
    const own = await shop.get<Page>('/v1/shop/products?q=secretve');
    expect(own.body.items.map(({ title }) => title)).toEqual(['Secretive']);
  });

  test('all pages use the correction, and list each product once', async () => {
    const many = await givenOwnShop(api);
    const titles = Array.from({ length: 7 }, (_, index) => ({ title: `Chandelier ${index}` }));
    await givenProducts(api, many, [...titles, { title: 'Red' }]);
    const path = `/v1/products?shopId=${many.shopId}&q=chandelir+red&limit=3`;
    const foundTitles = titlesIn(await readPages(many, path));
    expect(foundTitles).toHaveLength(8);
    expect(new Set(foundTitles).size).toBe(8);
  });
});

describe('a product of another shop whose SKU is like words of titles', () => {
  const word = 'zibeline';

  beforeAll(async () => {
    const [shirts, gnomes] = [await givenOwnShop(api), await givenOwnShop(api)];
    await givenProducts(
      api,
      shirts,
      ['Linen', 'Cotton', 'Silk'].map((cloth) => ({
        title: `${cloth} ${word}`,
        variants: [variantRequest({ price: 500 })],
      })),
    );
    const variants = [word, `${word} 2`, `${word}s`].map((sku) =>
      variantRequest({ sku, price: 1 }),
    );
    await givenProducts(api, gnomes, [{ title: 'Garden gnome', attributes: {}, variants }]);
  });

  test.each([word, `${word}s`, `${word} 2`])(
    'for %s comes after the titles with these words, unless no title has all of them',
    async (query) => {
      const q = encodeURIComponent(query);
      const titles = async (sort: string) => {
        const { body } = await api.shopA.get<Page>(`/v1/products?q=${q}${sort}`);
        return body.items.map(({ title }) => title);
      };
      expect((await titles('')).indexOf('Garden gnome')).toBe(query.includes(' ') ? 0 : 3);
      if (query.includes(' ')) return;
      expect(await titles('&sort=price_desc')).toHaveLength(4);
      expect(await titles('&sort=price_asc')).toHaveLength(4);
    },
  );
});
