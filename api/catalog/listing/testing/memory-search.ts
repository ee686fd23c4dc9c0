import { makeLookups } from '../../../../shared/domain/search-lookups.ts';
import { productWords } from '../../../../shared/domain/search-words.ts';
import { splitWords } from '../../../../shared/domain/split-words.ts';
import { type Candidates, compareScores, type Ranked, rank } from '../rank.ts';

/**
 * Searches titles as the API does, with an index in memory, so that properties can run more
 * searches than a database answers in a test.
 * @returns a search, whose results have the index of each title as their id
 */
export function memorySearch(titles: readonly string[]): (query: string) => Ranked[] {
  const index = new Map<string, string[]>();
  for (const [at, title] of titles.entries()) {
    for (const entry of productWords({ title, skus: [], details: [] })) {
      index.set(entry, [...(index.get(entry) ?? []), String(at)]);
    }
  }
  const entries = [...index.keys()].sort();
  const lengths = titles.map((title) => splitWords(title).length);
  const longer = (beginning: string) => {
    const found: string[] = [];
    for (let at = firstAfter(entries, beginning); entries[at]?.startsWith(beginning); at += 1) {
      found.push(entries[at] ?? '');
    }
    return found;
  };
  return (query) => {
    const search = makeLookups(query, false);
    const found = search.lookups.map(({ entries: exact, beginnings = [] }): Candidates => {
      const all = [...exact, ...beginnings.flatMap(longer)];
      const ids = [...new Set(all.flatMap((entry) => index.get(entry) ?? []))];
      return { ids, lengths: ids.map((id) => lengths[Number(id)] ?? 0) };
    });
    return rank(search, found).sort(
      (one, other) => other.matched - one.matched || compareScores(one, other),
    );
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
