import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { testNamespace } from '../../../shared/testing/harness.ts';
import { productRequest, variantRequest } from '../../testing/requests.ts';
import { startTestApi, type TestApi, type TestShop } from '../../testing/start-test-api.ts';
import { givenProducts, ownShop, type Page, type Shown } from '../testing/given-products.ts';

const namespace = testNamespace();
let api: TestApi;

beforeAll(async () => {
  api = await startTestApi(namespace);
});
afterAll(() => api.close());

describe('a search', () => {
  let shop: TestShop;
  const find = async (query: string) => {
    const path = `/v1/products?shopId=${shop.shopId}&q=${encodeURIComponent(query)}`;
    const { status, body } = await api.shopB.get<Page>(path);
    expect([query, status]).toEqual([query, 200]);
    return body.items.map(({ title }) => title);
  };

  beforeAll(async () => {
    shop = await ownShop(api);
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
    ['"wool scarf"', ['Wool scarf', 'Red wool blanket', 'Red boxes']],
    ['green -wool', ['Wool scarf', 'Red wool blanket', 'Red boxes']],
    ['the', []],
    ['with the of', []],
    ['"" -- !?', []],
    ['   ', []],
    ['.*', []],
    ['^red$', ['Red boxes', 'Red wool blanket', 'Wool scarf']],
    ['{"$gt":""}', []],
    ['candel', []],
  ])('for %s finds %o', async (query, expected) => {
    expect(await find(query)).toEqual(expected);
  });

  test('finds a product by what it is called now', async () => {
    const { body } = await shop.post<Shown>('/v1/products', productRequest({ title: 'Felt hat' }));
    await shop.post(`/v1/products/${body.id}/publish`);
    expect(await find('hat')).toEqual(['Felt hat']);
    await shop.send('PATCH', `/v1/products/${body.id}`, { title: 'Felt beret' });
    expect([await find('hat'), await find('ber')]).toEqual([[], ['Felt beret']]);
    await shop.send('DELETE', `/v1/products/${body.id}`);
    expect(await find('beret')).toEqual([]);
  });
});
