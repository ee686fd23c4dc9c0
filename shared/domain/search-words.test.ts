import { expect, test } from 'vitest';
import { isLight, productWords } from './search-words.ts';

const listWords = (title: string, more: object = {}) =>
  productWords({ title, skus: [], details: [], ...more });

test.each([
  ['Mug', ['"mug', 'mug']],
  ['HEARTS T-LIGHT', ['"heartstlight', 'hearts', 'heart', 't', 'light', '=heartst', '=tlight']],
  ['AT&T', ['"att', 'at', 't', '=att']],
  ['SET OF 3', ['"setof3', 'set', 'of', '3']],
  ['머그 컵', ['"머그컵', '머그', '머', '그', '컵', '=그컵']],
])('%s is found by %o', (title, words) => {
  expect(listWords(title)).toEqual(words);
});

test('words of SKUs, details and the description get marks; those of the title are omitted', () => {
  const words = listWords('Desk', {
    skus: ['DSK-BLK'],
    details: ['Black desk'],
    description: 'A black desk, and 2 knives.',
  });
  expect(words).toEqual([
    ...['"desk', 'desk', '#dskblk', '=dskblk', '~dsk', '~blk', '~black'],
    ...['_a', '_and', '_2', '_knives', '_knife'],
  ]);
});

test('the words of a product are bounded, and its SKUs are among them', () => {
  const description = Array.from({ length: 2_000 }, (_, index) => `word${index}`).join(' ');
  const words = listWords('Desk', { skus: ['S-1'], description });
  expect(words).toHaveLength(1_000);
  expect(words.slice(0, 3)).toEqual(['"desk', 'desk', '#s1']);
});

test('only very common words are light', () => {
  expect([isLight('the'), isLight('t'), isLight('mug')]).toEqual([true, true, false]);
});
