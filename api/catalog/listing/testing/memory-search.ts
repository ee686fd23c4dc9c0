import { makeLookups } from '../../../../shared/domain/search-lookups.ts';
import { productWords } from '../../../../shared/domain/search-words.ts';
import { splitWords } from '../../../../shared/domain/split-words.ts';
import { type Candidates, compareScores, type Ranked, rank } from '../rank.ts';

/**
 * Creates a search of titles that works like the API's, but with an index in memory. A property
 * test can run far more searches with it than with a database.
 * @returns a function whose results have the index of the title as their id
 */
export function memorySearch(titles: readonly string[]): (query: string) => Ranked[] {
  const index = new Map<string, string[]>();
  for (const [titleIndex, title] of titles.entries()) {
    for (const entry of productWords({ title, skus: [], details: [] })) {
      index.set(entry, [...(index.get(entry) ?? []), String(titleIndex)]);
    }
  }
  const entries = [...index.keys()].sort();
  const lengths = titles.map((title) => splitWords(title).length);
  const findLonger = (beginning: string) => {
    const matches: string[] = [];
    for (let at = firstAfter(entries, beginning); entries[at]?.startsWith(beginning); at += 1) {
      matches.push(entries[at] ?? '');
    }
    return matches;
  };
  return (query) => {
    const search = makeLookups(query, false);
    const candidates = search.lookups.map(({ entries: exact, beginnings = [] }): Candidates => {
      const matches = [...exact, ...beginnings.flatMap(findLonger)];
      const ids = [...new Set(matches.flatMap((entry) => index.get(entry) ?? []))];
      return { ids, lengths: ids.map((id) => lengths[Number(id)] ?? 0) };
    });
    return rank(search, candidates).sort((a, b) => b.matched - a.matched || compareScores(a, b));
  };
}

function firstAfter(sorted: readonly string[], entry: string): number {
  let [low, high] = [0, sorted.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((sorted[middle] ?? '') <= entry) low = middle + 1;
    else high = middle;
  }
  return low;
}
