import fc from 'fast-check';
import { afterAll, beforeAll, expect, onTestFinished, test, vi } from 'vitest';
import { joinWhole } from '../../../shared/domain/split-words.ts';
import { testNamespace } from '../../../shared/testing/harness.ts';
import { promiseRuns } from '../../../shared/testing/promises.ts';
import { variantRequest } from '../../testing/requests.ts';
import { startTestApi, type TestApi, type TestShop } from '../../testing/start-test-api.ts';
import { givenOwnShop, givenProducts, readPages, titlesIn } from '../testing/given-products.ts';
import { arbitraryTitle, SCRIPTS, segmentWords } from './testing/given-titles.ts';

const namespace = testNamespace();
let api: TestApi;
let shop: TestShop;

const FOUND: readonly [title: string, queries: readonly string[]][] = [
  ['The Who', ['The Who', 'the who', 'who']],
  ['More', ['More', 'more']],
  ['AT&T', ['AT&T', 'at&t', 'att', 'AT T']],
  ['Salt & Pepper', ['salt and pepper', 'salt & pepper', 'salt pepper']],
  ['Black_Mug', ['mug', 'mu', 'black mug', 'blackmug']],
  ['İstanbul', ['İstanbul', 'istanbul', 'ISTANBUL', 'ıstanbul']],
  ['ﬁne ＦＯＲＫＳ', ['ﬁne', 'fine', 'forks', 'ｆｏｒｋｓ']],
  ['Straße', ['strasse', 'Straße', 'STRASSE', 'STRAẞE']],
  ['Łódź', ['lodz', 'łódź']],
  ['Smørrebrød', ['smorrebrod', 'smorr']],
  ['Phở Đặc Biệt', ['pho dac biet', 'phở', 'Phở'.normalize('NFD')]],
  ['ΟΔΟΣ Αθηνών', ['οδος', 'οδοσ', 'αθηνων']],
  ['Ёлка', ['елка', 'ЁЛКА']],
  ['مُحَمَّد كِتاب', ['محمد', 'كتاب', 'ﻛﺘﺎﺏ']],
  ['שָׁלוֹם', ['שלום']],
  ['हिन्दी किताब', ['किताब']],
  ['香港罗汉果', ['罗汉果', '罗汉', '果', '香港']],
  ['東京タワー模型', ['タワー', '模型', 'ﾀﾜｰ']],
  ['กระเป๋าผ้า', ['ผ้า', 'กระเป๋า']],
  ['고양이 사료', ['사료', '고양이사료', '고양이'.normalize('NFD')]],
  ['☕ cup 👍🏽 🇩🇪', ['☕', '👍', '🇩🇪', '☕️ cup']],
  ['Paring knives', ['knife', 'paring knife']],
  ['Scarf', ['scarves', 'scarfs']],
  ["Men's belt", ["men's", 'mens', 'men’s belt', 'men']],
  ['L’Eau d’Issey', ['eau', "l'eau", 'leau', 'issey']],
  ['C++ primer', ['C++', 'c++ primer', 'c']],
  ['24/7 radio', ['24/7', '247', '24']],
  ['3.5mm jack', ['3.5mm', '3,5mm', '3.5 mm', '5mm']],
  ['1,000 piece puzzle', ['1000', '1,000 piece']],
  ['Cable 500ml', ['500 ml', '５００㎖', '500ml']],
  ['Lego™ bricks', ['lego', 'lego bricks']],
  ['U.S.A. flag', ['usa', 'U.S.A.']],
  ['Kaffee\u00adtasse', ['kaffeetasse', 'kaf\u200bfee'.replace('\u200b', '\u200d')]],
  ['\u200fRight to left\u200e', ['right', '\u202bright\u202c']],
  ['!!!', ['!!!']],
];

beforeAll(async () => {
  api = await startTestApi(namespace);
  shop = await givenOwnShop(api);
  await givenProducts(
    api,
    shop,
    FOUND.map(([title], index) => ({
      title,
      attributes: {},
      description: undefined,
      variants: [variantRequest({ sku: `XXXX-AB-${String(index).padStart(3, '0')}`, options: {} })],
    })),
  );
});
afterAll(() => api.close());

const find = async (query: string, seller = shop) => {
  const path = `/v1/products?shopId=${seller.shopId}&limit=100&q=${encodeURIComponent(query)}`;
  return titlesIn(await readPages(seller, path));
};

test.each(FOUND)('%s is found first by %o', async (title, queries) => {
  for (const query of [title, ...queries]) {
    expect([query, (await find(query))[0]]).toEqual([query, title]);
  }
});

test.each(['XXXX-AB-001', 'XXXXAB001', 'xxxx ab 001', 'XXXX/AB/001'])(
  'the SKU of a product, written as %s, finds the product first, in its shop and in all shops',
  async (query) => {
    expect((await find(query))[0]).toBe(FOUND[1]?.[0]);
    const { items } = (
      await api.shopB.get<{ items: { title: string }[] }>(`/v1/products?q=${query}`)
    ).body;
    expect(items[0]?.title).toBe(FOUND[1]?.[0]);
  },
);

test.each(['?', '--', '"" $ ()'])('the query %o finds nothing', async (query) => {
  expect(await find(query)).toEqual([]);
});

test.each([' ', '\u3000 ', '\u200d', '\u200f\u200d', '\u3164', '\u0301'])(
  'the query %j, which has no words, finds nothing and reads no products',
  async (query) => {
    const { products } = api.context.store;
    const aggregations = vi.spyOn(products, 'aggregate');
    const reads = vi.spyOn(products, 'find');
    onTestFinished(() => void vi.restoreAllMocks());
    expect(await find(query)).toEqual([]);
    expect(aggregations).not.toHaveBeenCalled();
    expect(reads).not.toHaveBeenCalled();
  },
);

test.each(['ﷺ', '👨‍👩‍👧', 'x', '罗', '-a', "'"])(
  'a query of 200 characters of %s gets a response',
  async (part) => {
    expect(await find(part.repeat(200).slice(0, 200))).toEqual(expect.any(Array));
  },
);

test('in many scripts, a query for a title finds this title first, and a query for any of its words finds it too', async () => {
  const titles = SCRIPTS.flatMap((script) => fc.sample(arbitraryTitle(script), promiseRuns(5, 2)));
  const ownShop = await givenOwnShop(api);
  await givenProducts(
    api,
    ownShop,
    titles.map((title) => ({ title, attributes: {} })),
  );
  for (const title of titles) {
    const [first = ''] = await find(title, ownShop);
    expect([title, joinWhole(first)]).toEqual([title, joinWhole(title)]);
    for (const word of segmentWords(title)) {
      expect([word, await find(word, ownShop)]).toEqual([word, expect.arrayContaining([title])]);
    }
  }
});
