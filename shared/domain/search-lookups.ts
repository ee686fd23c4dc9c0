import { isLight, joinWords, MARKS } from './search-words.ts';
import { joinWhole, splitWords, type Word } from './split-words.ts';
import { wordForms } from './word-forms.ts';

/** The maximum number of query words that are looked up; further words are ignored. */
export const QUERY_WORDS_MAX = 8;
/** A shorter word is not looked up as a beginning, because it would match too many words. */
const BEGINNING_LENGTH_MIN = 3;
/** The minimum length of the last word, which the buyer may still be typing. */
const TYPED_LENGTH_MIN = 2;

/** Points for each kind of match. A whole title is worth more than all words of a query. */
export const POINTS = { whole: 100, title: 4, other: 2, part: 1 } as const;

/** One way of finding products: by entries of `listed.words`, or by the beginnings of entries. */
export interface Lookup {
  /**
   * The index of the word in `words`, or `words.length` for a light last word; absent for the whole
   * query.
   */
  readonly word?: number;
  readonly points: number;
  readonly entries: readonly string[];
  /** Matches entries that begin with one of these and are longer. */
  readonly beginnings?: readonly string[];
}

export interface SearchLookups {
  /** The words by which products are ranked, each once. */
  readonly words: readonly string[];
  /** The lookups of one word are adjacent, the lookup with most points first. */
  readonly lookups: readonly Lookup[];
}

/** A word of a query, with all forms that are looked up. */
interface QueryWord {
  readonly text: string;
  readonly isGram: boolean;
  readonly parts: readonly string[];
  /** The words that it may form with its neighbours. */
  readonly joined: readonly string[];
  /** Whether the query ends with it, so that it may be incomplete. */
  readonly isLast: boolean;
}

/**
 * Builds the lookups of a query; queries have no operators. Each word is also looked up as the
 * beginning of a word, and neighbouring words as one word.
 * @param isOfOneShop whether the search is in one shop; if so, a SKU equal to the whole query
 *   counts like a whole title
 * @param corrections words to look up instead of words of the query
 */
export function makeLookups(
  query: string,
  isOfOneShop: boolean,
  corrections: ReadonlyMap<string, string> = new Map(),
): SearchLookups {
  const whole = joinWhole(query);
  if (whole === '') return { words: [], lookups: [] };
  const allWords = toQueryWords(splitWords(query).map((word) => correct(word, corrections)));
  const isAnyHeavy = allWords.some(({ text }) => !isLight(text));
  const isLightAmongOthers = ({ text }: QueryWord) => isAnyHeavy && isLight(text);
  // A light single letter is kept if it may be joined to a neighbour, as in `t-light`.
  const words = allWords
    .filter(
      (word) => !isLightAmongOthers(word) || (word.text.length === 1 && word.joined.length > 0),
    )
    .slice(0, QUERY_WORDS_MAX);
  const title = { points: POINTS.whole, entries: [MARKS.title + whole] };
  const sku = MARKS.sku + whole;
  if (isOfOneShop) title.entries.push(sku);
  const otherSkus = isOfOneShop ? [] : [sku];
  const lookups: Lookup[] = [title];
  for (const [index, word] of words.entries()) {
    if (!isLightAmongOthers(word)) lookups.push(...wholeLookups(word, index));
    lookups.push(
      partLookup(word, index, isLightAmongOthers(word) ? [] : findBeginnings(word), otherSkus),
    );
  }
  // A light word at the end adds to the score, because it may be the beginning of a word, as in
  // `red be(ads)`.
  const last = allWords.find(({ isLast }) => isLast);
  if (last !== undefined && isLightAmongOthers(last)) {
    lookups.push(partLookup(last, words.length, findBeginnings(last), []));
  }
  return { words: words.map(({ text }) => text), lookups };
}

function correct(word: Word, corrections: ReadonlyMap<string, string>): Word {
  const text = corrections.get(word.text);
  return text === undefined ? word : { ...word, text, parts: [] };
}

/** Returns the different words of a query, in their order. */
function toQueryWords(written: readonly Word[]): QueryWord[] {
  const joined = joinWords(written);
  const last = written.at(-1);
  return [...Map.groupBy(written, ({ text }) => text)].map(([text, [first]]) => ({
    text,
    isGram: first?.isGram ?? false,
    parts: first?.parts ?? [],
    joined: joined
      .filter(({ places }) => places.some((at) => written[at]?.text === text))
      .map((joinedWord) => joinedWord.text),
    isLast: last?.text === text,
  }));
}

function wholeLookups({ text }: QueryWord, word: number): Lookup[] {
  const forms = wordForms(text);
  const others = marked(forms, 'detail', 'description');
  return [
    { word, points: POINTS.title, entries: forms },
    { word, points: POINTS.other, entries: others },
  ];
}

/**
 * Looks up the matches that count least: the word as a joined word, the word joined to its
 * neighbours, its longest part, words that begin with it, and the whole query as a SKU.
 */
function partLookup(
  { text, isGram, parts, joined }: QueryWord,
  word: number,
  beginnings: readonly string[],
  skus: readonly string[],
): Lookup {
  const longestFirst = isGram
    ? []
    : parts.toSorted((first, second) => second.length - first.length);
  const relatedForms = [...joined, ...longestFirst.slice(0, 1)].flatMap(wordForms);
  const asJoined = marked([...wordForms(text), ...relatedForms], 'joined');
  const asDetail = marked(relatedForms, 'detail');
  const entries = [...new Set([...asJoined, ...relatedForms, ...asDetail, ...skus])];
  return { word, points: POINTS.part, entries, beginnings };
}

function findBeginnings({ text, isGram, isLast }: QueryWord): string[] {
  const lengthMin = isLast ? TYPED_LENGTH_MIN : BEGINNING_LENGTH_MIN;
  return isGram || [...text].length < lengthMin ? [] : [text, ...marked([text], 'detail')];
}

function marked(words: readonly string[], ...marks: readonly (keyof typeof MARKS)[]): string[] {
  return marks.flatMap((mark) => words.map((word) => MARKS[mark] + word));
}
