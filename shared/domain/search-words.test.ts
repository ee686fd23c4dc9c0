import fc from 'fast-check';
import { expect, test } from 'vitest';
import { folded, productWords, searchWordsOf, skuWord } from './search-words.ts';

test.each([
  ['Red retrospot BAG', ['red', 'retrospot', 'bag'], 'bag'],
  ['  Café, crème! ', ['cafe', 'creme'], 'creme'],
  ['-red "bag"', ['red', 'bag'], 'bag'],
  ['t-light', ['light'], 'light'],
  ['children’s apron', ["children's", 'apron'], 'apron'],
  ['set of 3 cake tins', ['set', '3', 'cake', 'tins'], 'tins'],
  ['tea tea towel tea', ['tea', 'towel'], undefined],
  ['bag of', ['bag'], undefined],
  ['set of 3', ['set', '3'], undefined],
  ['東京 タワー', ['東京', 'タワー'], 'タワー'],
  ['the of and', [], undefined],
  ['-- "" $where {}', [], undefined],
  ['$ne $gt', ['ne', 'gt'], 'gt'],
  ['***', [], undefined],
  ['a b c d e f g h i j k l', ['b', 'c', 'd', 'e', 'f', 'g', 'h', 'j'], undefined],
])('%s looks for %o', (query, words, prefix) => {
  expect(searchWordsOf(query)).toEqual({ words, ...(prefix !== undefined && { prefix }) });
});

test('whatever is typed, words are letters, digits and apostrophes, few and each once', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme', maxLength: 200 }), (query) => {
      const { words, prefix } = searchWordsOf(query);
      for (const word of words) expect(word).toMatch(/^[\p{L}\p{M}\p{N}']+$/u);
      expect(words.length).toBeLessThanOrEqual(8);
      expect(new Set(words).size).toBe(words.length);
      if (prefix !== undefined) expect(words).toContain(prefix);
      expect(folded(folded(query))).toBe(folded(query));
    }),
    { numRuns: 2_000 },
  );
});

test('a product is found by the words of its title, its SKUs and its details', () => {
  expect(productWords('Desk Lamp', ['LMP-BLK'], ['Black', 'desk'])).toEqual([
    'desk',
    'lamp',
    '#lmp-blk',
    'lmp',
    'blk',
    'black',
  ]);
  expect(skuWord(' Lmp-Blk ')).toBe('#lmp-blk');
});

test('a product has no more words than are kept, and its SKUs are among them', () => {
  const details = Array.from({ length: 1_000 }, (_, index) => `word${index}`);
  const words = productWords('Desk', ['S-1'], details);
  expect(words).toHaveLength(500);
  expect(words.slice(0, 2)).toEqual(['desk', '#s-1']);
});
