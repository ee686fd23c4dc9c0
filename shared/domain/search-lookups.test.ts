import fc from 'fast-check';
import { expect, test } from 'vitest';
import { makeLookups, QUERY_WORDS_MAX } from './search-lookups.ts';

/** Formats each lookup as a line: the word, the points, the entries. */
function formatLookups(query: string, isOfOneShop = false): string[] {
  const { words, lookups } = makeLookups(query, isOfOneShop);
  return lookups.map(({ word, points, entries, beginnings = [] }) => {
    const name = word === undefined ? 'all' : (words[word] ?? 'last');
    return [name, points, ...entries, ...beginnings.map((beginning) => `${beginning}…`)].join(' ');
  });
}

test.each([
  ['Red retrospot BAG', ['red', 'retrospot', 'bag']],
  ['  Café, crème! ', ['cafe', 'creme']],
  ['-red "bag"', ['red', 'bag']],
  ['t-light', ['t', 'light']],
  ['letter a', ['letter', 'a']],
  ['children’s apron', ['childrens', 'apron']],
  ['set of 3 cake tins', ['set', '3', 'cake', 'tins']],
  ['tea tea towel tea', ['tea', 'towel']],
  ['bag of a', ['bag']],
  ['東京 タワー', ['東京', 'タワ', 'ワー']],
  ['The Who', ['the', 'who']],
  ['a', ['a']],
  ['-- "" $where {}', ['where']],
  ['***', []],
  ['   ', []],
  ['1 2 3 4 5 6 7 8 9 10', ['1', '2', '3', '4', '5', '6', '7', '8']],
])('%s looks up %o', (query, words) => {
  expect(makeLookups(query, false).words).toEqual(words);
});

test('each word is looked up in titles, in other texts, and as a part', () => {
  expect(formatLookups('lunch knives')).toEqual([
    'all 100 "lunchknives',
    'lunch 4 lunch',
    'lunch 2 ~lunch _lunch',
    'lunch 1 =lunch =lunchknives =lunchknife lunchknives lunchknife ~lunchknives ~lunchknife #lunchknives lunch… ~lunch…',
    'knives 4 knives knife',
    'knives 2 ~knives ~knife _knives _knife',
    'knives 1 =knives =knife =lunchknives =lunchknife lunchknives lunchknife ~lunchknives ~lunchknife #lunchknives knives… ~knives…',
  ]);
});

test('in a search of one shop, a whole SKU gets the points of a whole title', () => {
  expect(formatLookups('S-1')[0]).toBe('all 100 "s1');
  expect(formatLookups('S-1', true)[0]).toBe('all 100 "s1 #s1');
  expect(formatLookups('S-1', true).join().match(/#s1/g)).toHaveLength(1);
});

test('a light letter counts as part of another word, and a light word at the end as a beginning', () => {
  expect(formatLookups('t-light').filter((line) => line.startsWith('t '))).toEqual([
    't 1 =t =tlight tlight ~tlight #tlight',
  ]);
  expect(formatLookups('red be').at(-1)).toBe('last 1 =be be… ~be…');
});

test('a correction is looked up instead of the typed word', () => {
  const { words } = makeLookups('Lantren red', false, new Map([['lantren', 'lantern']]));
  expect(words).toEqual(['lantern', 'red']);
});

test('any query has few lookups, and the lookups of a word are adjacent', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme', maxLength: 200 }), (typed) => {
      const { words, lookups } = makeLookups(typed, false);
      expect(words.length).toBeLessThanOrEqual(QUERY_WORDS_MAX);
      expect(new Set(words).size).toBe(words.length);
      expect(lookups.length).toBeLessThanOrEqual(QUERY_WORDS_MAX * 3 + 2);
      const order = lookups.map(({ word = -1, points }) => word * 1_000 - points);
      expect(order.slice(1)).toEqual(order.slice(1).toSorted((first, second) => first - second));
      const lookedUp = new Set(lookups.map(({ word }) => word));
      expect(words.filter((_, word) => !lookedUp.has(word))).toEqual([]);
    }),
    { numRuns: 2_000 },
  );
});
