import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { POINTS } from '../../../shared/domain/search-lookups.ts';
import { joinWhole, splitWords } from '../../../shared/domain/split-words.ts';
import { promiseRuns } from '../../../shared/testing/promises.ts';
import { skipIfMissing } from '../../../shared/testing/skip-if-missing.ts';
import { missingTitles, readRealTitles } from '../testing/real-titles.ts';
import { arbitraryTitle, arbitraryWord, SCRIPTS, segmentWords } from './testing/given-titles.ts';
import { memorySearch } from './testing/memory-search.ts';

/**
 * Only `npm run promises` takes all real titles. Other runs take every fourth, because the time
 * grows with the square of their number.
 */
const EVERY = promiseRuns(1, 4);

/** Returns a search that searches each word once: real titles share most of their words. */
function cacheResults(search: ReturnType<typeof memorySearch>) {
  const cache = new Map<string, ReturnType<typeof toResults>>();
  const toResults = (word: string) => {
    const ranked = search(word);
    const byId = new Map(ranked.map((result) => [result.id, result] as const));
    return { matchedMax: ranked[0]?.matched, byId };
  };
  return (word: string) => {
    const results = cache.get(word) ?? toResults(word);
    cache.set(word, results);
    return results;
  };
}

/**
 * Fails unless each title is the first result for itself (titles with the same letters and digits
 * may come before it), and a best match for each of its words.
 */
function expectFound(titles: readonly string[]): void {
  // One assertion for all titles: hundreds of thousands would take longer than the searches.
  expect(findMissed(titles)).toEqual([]);
}

function findMissed(titles: readonly string[]): string[] {
  const search = memorySearch(titles);
  const searchOnce = cacheResults(search);
  const missed: string[] = [];
  for (const [at, title] of titles.entries()) {
    const ranked = search(title);
    const place = ranked.findIndex(({ id }) => id === String(at));
    if (place < 0) missed.push(`${title} is not found by itself`);
    const before = ranked.slice(0, Math.max(place, 0)).map(({ id }) => titles[Number(id)] ?? '');
    const others = before.filter((other) => joinWhole(other) !== joinWhole(title));
    if (others.length > 0) missed.push(`${title} is found after ${others.join(', ')}`);
    for (const word of segmentWords(title)) {
      const { matchedMax, byId } = searchOnce(word);
      const own = byId.get(String(at));
      if (own === undefined) missed.push(`${title} is not found by ${word}`);
      // No other title has more parts of the word.
      else if (own.matched !== matchedMax) missed.push(`others have more of ${word} than ${title}`);
      // A word that cannot be split is in the title unchanged.
      const isSimple = /^[\p{L}\p{M}\p{N}]+$/u.test(word) && splitWords(word).length < 2;
      const isWhole = (own?.score ?? 0) / 1_000 > POINTS.other;
      if (isSimple && !isWhole) missed.push(`${title} is found by a part of ${word} only`);
    }
  }
  return missed;
}

describe.each(SCRIPTS.map((script) => [script.name, script] as const))('in %s', (_, script) => {
  test('every title is found by itself and by each of its words', () => {
    fc.assert(
      fc.property(fc.array(arbitraryTitle(script), { minLength: 1, maxLength: 12 }), expectFound),
      { numRuns: promiseRuns(150, 15) },
    );
  });
});

const UNSPACED = SCRIPTS.filter(({ separator }) => separator === '');

test.each(UNSPACED.map((script) => [script.name, script] as const))(
  'a title in %s, without spaces, is found by each of its words',
  (_, script) => {
    const title = fc.array(arbitraryWord(script), { minLength: 1, maxLength: 6 });
    fc.assert(
      fc.property(fc.array(title, { minLength: 1, maxLength: 12 }), (titles) => {
        const search = memorySearch(titles.map((words) => words.join('')));
        for (const [at, words] of titles.entries()) {
          for (const word of words) {
            const ranked = search(word);
            const own = ranked.find(({ id }) => id === String(at));
            expect([word, own?.matched]).toEqual([word, ranked[0]?.matched ?? 'found']);
          }
        }
      }),
      { numRuns: promiseRuns(100, 15) },
    );
  },
);

test('titles of all scripts together are found by themselves and by each of their words', () => {
  const any = fc.oneof(...SCRIPTS.map(arbitraryTitle));
  fc.assert(fc.property(fc.array(any, { minLength: 10, maxLength: 40 }), expectFound), {
    numRuns: promiseRuns(100, 10),
  });
});

test('a title of any characters is found by itself', () => {
  const anything = fc.string({ unit: 'grapheme', minLength: 1, maxLength: 30 });
  const title = anything.filter((text) => joinWhole(text) !== '');
  fc.assert(
    fc.property(fc.array(title, { minLength: 1, maxLength: 10 }), (titles) => {
      const search = memorySearch(titles);
      for (const [at, own] of titles.entries()) {
        expect([own, search(own).some(({ id }) => id === String(at))]).toEqual([own, true]);
      }
    }),
    { numRuns: promiseRuns(500, 60) },
  );
});

test(
  `each tested real title (1 in ${EVERY} of 3,795) is found by itself and by each of its words`,
  skipIfMissing(missingTitles),
  () => {
    const titles = readRealTitles();
    expect(titles).toHaveLength(3_795);
    expectFound(titles.filter((_, at) => at % EVERY === 0));
  },
);
