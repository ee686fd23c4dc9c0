import { areJoined, bare, joinedWord, kindOf, wordsOf } from './search-words.ts';

/** More words of a query are not looked for. */
export const QUERY_WORDS_MAX = 8;
/** Of neighbours that may be one word, the first so many are looked for as one. */
export const NEIGHBOURS_MAX = QUERY_WORDS_MAX - 1;
/** Beginnings shorter than these are those of too many words to mean one. */
const BEGINNING_LENGTH_MIN = 3;
const TYPED_LENGTH_MIN = 2;

/** One way in which a product is found. */
export type Lookup = {
  /** The words of the query that a product has when it is found so, by their places there. */
  readonly stands: readonly number[];
} & (
  | { /** Stands in its texts, in whatever form English gives it. */ readonly text: string }
  | {
      /** Any of these is one of its words. */
      readonly words: readonly string[];
      /** One of its words begins with any of these, and is longer. */
      readonly beginnings: readonly string[];
    }
);

export interface SearchLookups {
  /** What products are ranked by having, in the order in which it was written, each once. */
  readonly words: readonly string[];
  readonly lookups: readonly Lookup[];
}

/**
 * How a query is looked for; nothing in it is an operator. Every word is also taken for the
 * beginning of one, and neighbours for the parts of one, for nobody knows how a seller wrote it.
 * @param corrections words to look for instead of those of the query
 */
export function searchLookupsOf(
  query: string,
  corrections: ReadonlyMap<string, string> = new Map(),
): SearchLookups {
  const written = wordsOf(query).map((word) => corrections.get(word) ?? word);
  const words = [...new Set(written.filter((word, at) => isLookedFor(word, at, written)))];
  const counted = words.slice(0, QUERY_WORDS_MAX);
  const last = written.at(-1);
  const lookups = [
    ...counted.flatMap((word, at) => lookupsOfWord(word, at, word === last)),
    ...lookupsOfNeighbours(written, counted),
  ];
  if (last === undefined || kindOf(last) !== 'silent') return { words: counted, lookups };
  // What says nothing may be the beginning of what does: `her` of `herbs`. Where there are other
  // words it is not counted, for it is more likely to be whole.
  const [stands, all] = counted.length === 0 ? [[0], [last]] : [[], counted];
  return { words: all, lookups: [...lookups, { words: [], beginnings: [last], stands }] };
}

function isLookedFor(word: string, at: number, written: readonly string[]): boolean {
  if (kindOf(word) !== 'letter') return kindOf(word) === 'word';
  const [before, after] = [written[at - 1], written[at + 1]];
  return [before, after].some((next) => next !== undefined && kindOf(next) !== 'silent');
}

function lookupsOfWord(word: string, at: number, isLast: boolean): Lookup[] {
  if (kindOf(word) === 'letter') return [];
  const stands = [at];
  const lengthMin = isLast ? TYPED_LENGTH_MIN : BEGINNING_LENGTH_MIN;
  const beginnings = [...word].length >= lengthMin ? [word] : [];
  const plain = bare(word);
  const words = [...(plain === word ? [] : [plain]), ...oneAndSeveral(plain).map(joinedWord)];
  return [
    { text: word, stands },
    { words, beginnings, stands },
  ];
}

function lookupsOfNeighbours(written: readonly string[], counted: readonly string[]): Lookup[] {
  const joined = new Map<string, Lookup>();
  for (const [at, word] of written.entries()) {
    const next = written[at + 1];
    const stands = [word, next].map((part) => (part === undefined ? -1 : counted.indexOf(part)));
    if (next === undefined || stands.includes(-1) || !areJoined(word, next)) continue;
    const whole = bare(word + next);
    const words = [...oneAndSeveral(whole), ...oneAndSeveral(whole).map(joinedWord)];
    const beginnings = at + 2 === written.length ? [whole, joinedWord(whole)] : [];
    joined.set(words.join(), { words, beginnings, stands: [...new Set(stands)] });
  }
  return [...joined.values()].slice(0, NEIGHBOURS_MAX);
}

/** The text index knows all endings of English; of joined words, which are not in it, the usual. */
function oneAndSeveral(word: string): string[] {
  return [word, word.endsWith('s') ? word.slice(0, -1) : `${word}s`];
}
