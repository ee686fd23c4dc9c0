import fc from 'fast-check';
import { expect, test } from 'vitest';
import { folded, productWords, skuWord } from './search-words.ts';

test('folding what is folded changes nothing', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme', maxLength: 200 }), (text) => {
      expect(folded(folded(text))).toBe(folded(text));
    }),
    { numRuns: 2_000 },
  );
});

test.each([
  ['HEART T-LIGHT HOLDER', ['heart', 't', 'light', 'holder', '=heartt', '=tlight', '=lightholder']],
  ["ART 70'S", ['art', "70's", '=art70s', '=70s']],
  ['SET OF 3', ['set', 'of', '3']],
])('%s is found by %o', (title, words) => {
  expect(productWords(title, [], [])).toEqual(words);
});

test('a product is found by the words of its title, its SKUs and its details', () => {
  expect(productWords('Desk Lamp', ['LMP-BLK'], ['Black', 'desk'])).toEqual([
    'desk',
    'lamp',
    '#lmp-blk',
    'lmp',
    'blk',
    '=desklamp',
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
