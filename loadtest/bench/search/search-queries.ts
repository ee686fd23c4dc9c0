const WORDS_MAX = 4;
/** Of so many queries one is still being typed: its last word lacks its end. */
const TYPED_EVERY = 3;
const TYPED_LENGTH_MIN = 2;
/** Coprime to the number of titles of any catalogue that is not made for it. */
const STRIDE = 7_919;

/**
 * Queries as people would type them, from the titles themselves: one to four words that follow
 * each other. The same titles always give the same queries.
 */
export function searchQueries(titles: readonly string[], count: number): string[] {
  const queries: string[] = [];
  for (let index = 0; index < count; index += 1) {
    const title = titles[(index * STRIDE) % titles.length] ?? '';
    const words = title.toLowerCase().split(/\s+/).filter(Boolean);
    const length = 1 + (index % WORDS_MAX);
    const start = index % Math.max(1, words.length - length + 1);
    const query = words.slice(start, start + length).join(' ');
    const isTyped = index % TYPED_EVERY === 0 && query.length > TYPED_LENGTH_MIN + 1;
    queries.push(isTyped ? query.slice(0, -Math.ceil((words.at(-1)?.length ?? 2) / 3)) : query);
  }
  return queries.map((query) => query.trim() || 'heart');
}
