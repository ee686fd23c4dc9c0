import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { testNamespace } from '../../../shared/testing/harness.ts';
import { skipIfMissing } from '../../../shared/testing/skip-if-missing.ts';
import { startTestApi, type TestApi } from '../../testing/start-test-api.ts';
import { givenRealTitles, missingTitles } from '../testing/real-titles.ts';

interface Page {
  readonly items: readonly { readonly id: string; readonly title: string }[];
  readonly nextCursor: string | null;
}

const namespace = testNamespace();
let api: TestApi;

async function search(query: string, more = ''): Promise<Page> {
  const path = `/v1/products?q=${encodeURIComponent(query)}${more}`;
  const { status, body } = await api.shopB.get<Page>(path);
  expect(status).toBe(200);
  return body;
}

const readTitles = ({ items }: Page) => items.map(({ title }) => title);

/**
 * The titles that a user expects among the first ten, and the pattern of titles that match the
 * whole query. Titles that match the pattern must come before all other titles.
 */
const EXPECTED: readonly [query: string, expected: readonly string[], pattern: RegExp][] = [
  [
    'red retrospot bag',
    ['JUMBO BAG RED RETROSPOT', 'RED RETROSPOT PICNIC BAG', 'LUNCH BAG RED RETROSPOT'],
    /^(?=.*\bRED\b)(?=.*\bRETROSPOT\b)(?=.*\bBAGS?\b)/,
  ],
  [
    'christmas lights',
    [
      'CHRISTMAS LIGHTS 10 SANTAS',
      'CHRISTMAS LIGHTS 10 REINDEER',
      'CHRISTMAS LIGHTS 10 VINTAGE BAUBLES',
    ],
    /^(?=.*\bCHRISTMAS\b)(?=.*\bLIGHTS?\b)/,
  ],
  [
    'tea towel',
    ['RED TEA TOWEL CLASSIC DESIGN', 'SET 2 PANTRY DESIGN TEA TOWELS'],
    /\bTEA\b.* TOWELS?\b/,
  ],
  [
    'lunch box',
    ['SPACEBOY LUNCH BOX', 'DINOSAUR LUNCH BOX WITH CUTLERY'],
    /^(?=.*\bLUNCH\b)(?=.*\bBOX(ES)?\b)/,
  ],
  ['Hearts', ['DOORMAT HEARTS', 'HEARTS STICKERS'], /\bHEARTS?\b/],
  [
    'alarm clock green',
    ['ALARM CLOCK BAKELIKE GREEN'],
    /^(?=.*\bALARM\b)(?=.*\bCLOCK\b)(?=.*\bGREEN\b)/,
  ],
  [
    'white hanging heart t-light holder',
    ['WHITE HANGING HEART T-LIGHT HOLDER'],
    /^WHITE HANGING HEART T-LIGHT HOLDER$/,
  ],
  [
    'set of 3 cake tins',
    [
      'SET OF 3 REGENCY CAKE TINS',
      'SET OF 3 CAKE TINS SKETCHBOOK',
      'SET OF 3 CAKE TINS PANTRY DESIGN',
    ],
    /^SET OF 3 .*CAKE TINS/,
  ],
  [
    'children’s apron',
    ["CHILDREN'S APRON DOLLY GIRL", 'RETROSPOT CHILDRENS APRON', 'SCOTTIES CHILDRENS APRON'],
    /\bCHILDREN'?S APRON\b/,
  ],
  ['candle holders', ['TALL ROCOCO CANDLE HOLDER'], /\bCANDLE HOLDERS?\b/],
  // As it is being typed.
  [
    'wicker bask',
    ['PICNIC BASKET WICKER SMALL', 'SET 3 WICKER STORAGE BASKETS'],
    /^(?=.*WICKER)(?=.*BASKET)/,
  ],
  [
    'retro bag',
    ['JUMBO BAG RED RETROSPOT', 'RED RETROSPOT PICNIC BAG'],
    /^(?=.*\bRETRO)(?=.*\bBAGS?\b)/,
  ],
  ['neckl silver', ['SILVER/NATURAL SHELL NECKLACE'], /^(?=.*SILVER)(?=.*NECKLACE)/],
  ['her', ['HERB MARKER BASIL', 'HERB MARKER MINT'], /\bHER/],
  ['was', ['WASHROOM METAL SIGN'], /\bWAS/],
  ['be', ['VINTAGE ROSE BEAD BRACELET BLACK'], /\bBE/],
  // Joined, separated, or with an apostrophe.
  ['t-light', ['CACTI T-LIGHT CANDLES'], /\bT[- ]LIGHTS?\b/],
  ['tlight', ['SET/6 EAU DE NIL BIRD T-LIGHTS'], /\bT[- ]LIGHTS?\b/],
  ['t light holder', ['HEART T-LIGHT HOLDER'], /\bT[- ]LIGHT HOLDER/],
  ['zinc heart tlight', ['ZINC HEART T-LIGHT HOLDER'], /^(?=.*ZINC)(?=.*HEART)(?=.*\bT-LIGHT)/],
  ['50s christmas', ["50'S CHRISTMAS GIFT BAG LARGE"], /^(?=.*50'S)(?=.*CHRISTMAS)/],
  ['70s', ["WALL ART 70'S ALPHABET"], /\b70'S\b/],
  ['lunchbox', ['SPACEBOY LUNCH BOX', 'DOLLY GIRL LUNCH BOX'], /\bLUNCH BOX\b/],
  ['lunchbags', ['LUNCH BAG SUKI DESIGN'], /\bLUNCH BAGS?\b/],
  ['cake stand 3 tier', ['REGENCY CAKESTAND 3 TIER'], /^(?=.*CAKE ?STAND)(?=.*3 TIER)/],
  ['giftwrap', ['EMPIRE GIFT WRAP'], /\bGIFT WRAP/],
  // Misspelt.
  ['christmass tree', ['TURQUOISE CHRISTMAS TREE'], /^(?=.*CHRISTMAS)(?=.*\bTREES?\b)/],
  ['chrismas tree', ['TURQUOISE CHRISTMAS TREE'], /^(?=.*CHRISTMAS)(?=.*\bTREES?\b)/],
  ['lantren', ['WHITE METAL LANTERN', 'LANTERN CREAM GAZEBO'], /\bLANTERNS?\b/],
  ['retrospt bag', ['JUMBO BAG RED RETROSPOT'], /^(?=.*RETROSPOT)(?=.*\bBAGS?\b)/],
  // By its SKU.
  ['85123A', ['WHITE HANGING HEART T-LIGHT HOLDER'], /^WHITE HANGING HEART T-LIGHT HOLDER$/],
];

describe('in 3,795 real titles', skipIfMissing(missingTitles), () => {
  beforeAll(async () => {
    api = await startTestApi(namespace);
    expect(await givenRealTitles(api.context.store, api.shopA.shopId)).toBe(3_795);
  });
  afterAll(() => api.close());

  test.each(EXPECTED)('%s finds what a person expects', async (query, expected, pattern) => {
    const titles = readTitles(await search(query, '&limit=10'));
    expect(titles).toEqual(expect.arrayContaining([...expected]));
    const matching = await api.context.store.products.countDocuments({ title: pattern });
    expect(matching).toBeGreaterThanOrEqual(expected.length);
    const first = titles.slice(0, Math.min(10, matching));
    expect(first.filter((title) => !pattern.test(title))).toEqual([]);
  });

  test('the first 100 products by title are the same for singular and plural', async () => {
    const [singular, plural] = await Promise.all(
      ['heart', 'hearts'].map((query) => search(query, '&limit=100&sort=title')),
    );
    expect(singular?.items).toHaveLength(100);
    expect(singular?.items).toEqual(plural?.items);
  });

  test('pages by relevance contain every result once', async () => {
    const seenIds: string[] = [];
    let cursor: string | null = '';
    for (let pages = 0; cursor !== null && pages < 100; pages += 1) {
      const page: Page = await search('green glass', `&limit=25${cursor && `&cursor=${cursor}`}`);
      seenIds.push(...page.items.map(({ id }) => id));
      cursor = page.nextCursor;
    }
    expect(cursor).toBeNull();
    expect(new Set(seenIds).size).toBe(seenIds.length);
    const { store } = api.context;
    const matching = await store.products.countDocuments({ title: /\b(green|glass)\b/i });
    expect(seenIds.length).toBeGreaterThanOrEqual(matching);
  });

  test('a search that is sorted by price lists only products with all of the words', async () => {
    const page = await search('red retrospot bag', '&sort=price_asc&limit=100');
    expect(page.items.length).toBeGreaterThan(5);
    for (const title of readTitles(page)) expect(title).toMatch(/^(?=.*RED)(?=.*RETRO)(?=.*BAG)/);
    expect(page.nextCursor).toBeNull();
  });
});
