/** A search: its words, filters and order. */
export interface SearchQuery {
  readonly q: string;
  readonly filters: Readonly<Record<string, string>>;
}

const WORDS_MAX = 4;
/** Every n-th query is long: the words of two titles, up to the maximum number of a search. */
const LONG_EVERY = 9;
const LONG_WORDS = 8;
/** Every n-th query is still being typed: its end is missing. */
const TYPED_EVERY = 3;
const TYPED_LENGTH_MIN = 2;
/** Every n-th query has its third and fourth characters swapped if it is long enough. */
const MISSPELT_EVERY = 25;
const MISSPELT_LENGTH_MIN = 5;
/** A prime step through the titles, so that it visits all of them in most catalogues. */
const STRIDE = 7_919;

/**
 * Half of the queries have no filter. The length of the list has no factor in common with
 * `LONG_EVERY`, `TYPED_EVERY` and `MISSPELT_EVERY`, so that each kind of query occurs with each
 * filter.
 */
const FILTERS: readonly SearchQuery['filters'][] = [
  {},
  { type: 'furniture' },
  {},
  { priceMin: '100', priceMax: '500', currency: 'GBP' },
  {},
  { available: 'true' },
  {},
  { available: 'false' },
  {},
  { sort: 'price_asc' },
  {},
  { sort: 'price_asc', available: 'true' },
  {},
  { type: 'furniture', priceMax: '1000', currency: 'GBP', available: 'true' },
];

/**
 * Creates queries as people type them: mostly one to four consecutive words of one title. The same
 * titles always result in the same queries.
 */
export function searchQueries(titles: readonly string[], count: number): SearchQuery[] {
  return Array.from({ length: count }, (_, index) => ({
    q: toQueryText(titles, index) || 'heart',
    filters: FILTERS[index % FILTERS.length] ?? {},
  }));
}

function toQueryText(titles: readonly string[], index: number): string {
  const words = toTitleWords(titles, index);
  if (index % LONG_EVERY === 0) {
    return [...words, ...toTitleWords(titles, index + 1)].slice(0, LONG_WORDS).join(' ');
  }
  const length = 1 + (index % WORDS_MAX);
  const start = index % Math.max(1, words.length - length + 1);
  const query = words.slice(start, start + length).join(' ');
  if (index % MISSPELT_EVERY === 1 && query.length >= MISSPELT_LENGTH_MIN) {
    return query.replace(/(?<=..)(.)(.)/, '$2$1');
  }
  const isTyped = index % TYPED_EVERY === 0 && query.length > TYPED_LENGTH_MIN + 1;
  const ending = Math.ceil((words.at(-1)?.length ?? 2) / 3);
  return (isTyped ? query.slice(0, -ending) : query).trim();
}

function toTitleWords(titles: readonly string[], index: number): string[] {
  const title = titles[(index * STRIDE) % titles.length] ?? '';
  return title.toLowerCase().split(/\s+/).filter(Boolean);
}
