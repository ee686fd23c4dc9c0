import { afterAll, beforeAll, expect, test } from 'vitest';
import { testNamespace } from '../../../shared/testing/harness.ts';
import { productRequest } from '../../testing/requests.ts';
import { startTestApi, type TestApi, type TestShop } from '../../testing/start-test-api.ts';
import { toProductRecord } from '../create-product.ts';
import type { ProductRequest } from '../schemas.ts';
import { givenOwnShop, givenProducts, readPages, titlesIn } from '../testing/given-products.ts';
import { CANDIDATES_MAX } from './search.ts';

const namespace = testNamespace();
let api: TestApi;
let shop: TestShop;

const LONG_TITLE = 'A bag with a zebra on it in black and white and red';

beforeAll(async () => {
  api = await startTestApi(namespace);
  shop = await givenOwnShop(api);
  const request = productRequest({ title: 'Red bag', attributes: {} }) as ProductRequest;
  const products = Array.from({ length: CANDIDATES_MAX + 10 }, () => ({
    ...toProductRecord(shop.shopId, request, new Date()),
    status: 'published' as const,
  }));
  const withOwnSku = (product: (typeof products)[number], index: number) => ({
    ...product,
    variants: product.variants.map((variant) => ({ ...variant, sku: `S-${index}` })),
  });
  await api.context.store.products.insertMany(products.map(withOwnSku));
  await givenProducts(api, shop, [{ title: LONG_TITLE, attributes: {} }]);
});
afterAll(() => api.close());

test.each(['zebra red', 'red zebra bag', 'bag red zebra', 'red zebra qqqqqq'])(
  '%s finds the product with all of the words, although more products match than one lookup returns',
  async (query) => {
    const path = `/v1/products?shopId=${shop.shopId}&q=${encodeURIComponent(query)}`;
    // Sorted by price, the list contains only the products with the most matched words.
    for (const sort of ['', '&sort=price_asc', '&sort=title']) {
      const { body } = await shop.get<{ items: { title: string }[] }>(`${path}&limit=2${sort}`);
      expect([sort, body.items[0]?.title]).toEqual([sort, LONG_TITLE]);
    }
    expect(titlesIn(await readPages(shop, `${path}&sort=price_asc`))).toEqual([LONG_TITLE]);
  },
);
