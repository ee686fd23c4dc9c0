import fc from 'fast-check';
import { expect, test } from 'vitest';
import { searchLookupsOf } from './search-lookups.ts';
import { productWords } from './search-words.ts';

/** Lookups as people read them, `→` the words that stand. */
function shown(query: string): string[] {
  const { words, lookups } = searchLookupsOf(query);
  return lookups.map((lookup) => {
    const stand = ['→', ...lookup.stands.map((at) => words[at])];
    if ('text' in lookup) return ['text', lookup.text, ...stand].join(' ');
    const beginnings = lookup.beginnings.map((beginning) => `${beginning}…`);
    return [...lookup.words, ...beginnings, ...stand].join(' ');
  });
}

test.each([
  ['Red retrospot BAG', ['red', 'retrospot', 'bag']],
  ['  Café, crème! ', ['cafe', 'creme']],
  ['-red "bag"', ['red', 'bag']],
  ['t-light', ['t', 'light']],
  ['letter a', ['letter', 'a']],
  ['children’s apron', ["children's", 'apron']],
  ['set of 3 cake tins', ['set', '3', 'cake', 'tins']],
  ['tea tea towel tea', ['tea', 'towel']],
  ['bag of', ['bag']],
  ['bag of a', ['bag']],
  ['東京 タワー', ['東京', 'タワー']],
  ['her', ['her']],
  ['the of and', ['and']],
  ['a', []],
  ['-- "" $where {}', ['where']],
  ['$ne $gt', ['ne', 'gt']],
  ['***', []],
  ['a b c d e f g h i j k l', ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h']],
])('%s looks for %o', (query, words) => {
  expect(searchLookupsOf(query).words).toEqual(words);
});

test.each([
  [
    'lunch box',
    [
      'text lunch → lunch',
      '=lunch =lunchs lunch… → lunch',
      'text box → box',
      '=box =boxs box… → box',
      'lunchbox lunchboxs =lunchbox =lunchboxs lunchbox… =lunchbox… → lunch box',
    ],
  ],
  [
    't-light',
    [
      'text light → light',
      '=light =lights light… → light',
      'tlight tlights =tlight =tlights tlight… =tlight… → t light',
    ],
  ],
  ["70's", ["text 70's → 70's", "70s =70s =70 70's… → 70's"]],
  ['bag of 6', ['text bag → bag', '=bag =bags bag… → bag', 'text 6 → 6', '=6 =6s → 6']],
  ['be', ['be… → be']],
  ['red be', ['text red → red', '=red =reds red… → red', 'be… →']],
  [
    'by 5 re',
    [
      ...['text 5 → 5', '=5 =5s → 5', 'text re → re', '=re =res re… → re'],
      '5re 5res =5re =5res 5re… =5re… → 5 re',
    ],
  ],
])('%s is looked for by %o', (query, lookups) => {
  expect(shown(query)).toEqual(lookups);
});

test('what was meant is looked for instead of what was written', () => {
  const corrected = searchLookupsOf('Lantren red', new Map([['lantren', 'lantern']]));
  expect(corrected).toEqual(searchLookupsOf('lantern red'));
});

const query = fc.oneof(
  fc.string({ unit: 'grapheme', maxLength: 200 }),
  fc
    .array(
      fc.constantFrom('t', 'light', 'a', 'of', 'the', "70's", '6', 'red', 'box', 'é-ä', '.*'),
      {
        maxLength: 20,
      },
    )
    .map((words) => words.join(' ')),
);

test('whatever is typed, few lookups are made, of letters and digits, for words of it', () => {
  fc.assert(
    fc.property(query, (typed) => {
      const { words, lookups } = searchLookupsOf(typed);
      expect(words.length).toBeLessThanOrEqual(8);
      expect(new Set(words).size).toBe(words.length);
      expect(lookups.length).toBeLessThanOrEqual(8 * 2 + 7 + 1);
      for (const lookup of lookups) {
        if ('text' in lookup) expect(lookup.text).toMatch(/^[\p{L}\p{M}\p{N}']+$/u);
        else {
          for (const word of [...lookup.words, ...lookup.beginnings]) {
            expect(word).toMatch(/^=?[\p{L}\p{M}\p{N}']+$/u);
          }
        }
        for (const at of lookup.stands) expect(words[at]).toBeDefined();
      }
      const standing = new Set(lookups.flatMap(({ stands }) => stands));
      const lost = words.filter((word, at) => !standing.has(at) && word.length > 1);
      expect(lost).toEqual([]);
    }),
    { numRuns: 2_000 },
  );
});

test('however often words are repeated in other company, few neighbours are looked for', () => {
  const typed = 'ab ac ad ab ad ac ae ab ae ac af ab af ac ag ab ag ac ah ab ah ac ab ac';
  const { words, lookups } = searchLookupsOf(typed);
  expect(lookups.filter(({ stands }) => stands.length > 1)).toHaveLength(7);
  expect(lookups).toHaveLength(words.length * 2 + 7);
});

test('however two words are joined in a title and in a query, they meet', () => {
  const part = fc.stringMatching(/^[a-z]{3,8}$/);
  const joint = fc.constantFrom(' ', '-', "'", '’', ' - ', '', '/');
  fc.assert(
    fc.property(part, part, joint, joint, (one, other, inTitle, inQuery) => {
      const words = productWords(one + inTitle + other, [], []);
      const { lookups } = searchLookupsOf(one + inQuery + other);
      const isFound = lookups.some((lookup) =>
        'text' in lookup
          ? words.includes(lookup.text)
          : lookup.words.some((word) => words.includes(word)),
      );
      expect(isFound).toBe(true);
    }),
    { numRuns: 500 },
  );
});
