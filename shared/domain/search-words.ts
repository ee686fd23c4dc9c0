import { joinWhole, splitClosed, splitWords, type Word } from './split-words.ts';
import { wordForms } from './word-forms.ts';

/** The maximum number of entries of a product; further entries are dropped. */
const PRODUCT_WORDS_MAX = 1_000;

/** English words that do not count in the ranking unless a query has only such words. */
const LIGHT_WORDS = new Set(
  (
    'a about above after again all also am an and any are as at be because been before being ' +
    'below between both but by could did do does doing during each for from further had has have ' +
    'he her here hers him his how i if in into is it its me my no nor not of on or our ours she ' +
    'should so some such t than that the their theirs them then there these they this those ' +
    'through to too until s us was we were what when where which while who whom why with would ' +
    'you your yours'
  ).split(' '),
);

/**
 * Returns whether a word is light. Light words count only in a query that has no other words: `the`
 * counts in `The Who`, because `who` is light too, and not in `the mug`.
 */
export function isLight(word: string): boolean {
  return LIGHT_WORDS.has(word);
}

/**
 * The marks before the entries of `listed.words`, the indexed field of products. A word of the
 * title has none. Without the marks, a search for words that begin with `t` would find the joined
 * word `tlight`.
 */
export const MARKS = {
  /** A word of a SKU, an option or an attribute. */
  detail: '~',
  /** A word of the description. */
  description: '_',
  /** Words of the title or a SKU, written as one: `tlight` for `t-light`. */
  joined: '=',
  /** The whole title as one word. */
  title: '"',
  /** A whole SKU as one word. */
  sku: '#',
} as const;

/** Neighbours that may be written as one word. */
export interface JoinedWord {
  readonly text: string;
  /** The indexes of the words that it joins. */
  readonly places: readonly number[];
}

/** Joins words that may be typed as one: pairs of neighbours, and words written without spaces. */
export function joinWords(words: readonly Word[]): JoinedWord[] {
  const join = (places: readonly number[]): JoinedWord[] =>
    places.length > 1 && places.every((at) => words[at]?.isGram === false)
      ? [{ text: places.map((at) => words[at]?.text).join(''), places }]
      : [];
  const pairs = words.flatMap((word, at) => {
    const next = words[at + 1];
    return next !== undefined && isJoinable(word) && isJoinable(next) ? join([at, at + 1]) : [];
  });
  const pieces = Map.groupBy(words.keys(), (at) => words[at]?.piece);
  return [...pairs, ...[...pieces.values()].flatMap(join)];
}

function isJoinable({ text }: Word): boolean {
  return text.length === 1 || !isLight(text);
}

interface Searched {
  readonly title: string;
  readonly skus: readonly string[];
  /** Texts of options and attributes. */
  readonly details: readonly string[];
  readonly description?: string | undefined;
}

/**
 * Returns the entries by which a product is found, each with its mark, the most important first.
 */
export function productWords({ title, skus, details, description = '' }: Searched): string[] {
  const titleWords = splitWords(title);
  const skuWords = skus.map(splitWords);
  const entries = new Set([MARKS.title + joinWhole(title), ...titleWords.flatMap(toForms)]);
  const add = (mark: string, words: Iterable<string>) => {
    for (const word of words) {
      if (entries.size >= PRODUCT_WORDS_MAX) return;
      const isPresent =
        entries.has(word) || (mark === MARKS.description && entries.has(MARKS.detail + word));
      if (!isPresent) entries.add(mark + word);
    }
  };
  add(MARKS.sku, skus.map(joinWhole));
  add(
    MARKS.joined,
    [titleWords, ...skuWords].flatMap(joinWords).flatMap(({ text }) => wordForms(text)),
  );
  add(
    MARKS.joined,
    splitClosed(title)
      .filter(({ isGram }) => isGram)
      .map(({ text }) => text),
  );
  add(MARKS.detail, [...skuWords.flat(), ...details.flatMap(splitWords)].flatMap(toForms));
  add(MARKS.description, splitWords(description).flatMap(toForms));
  return [...entries];
}

function toForms({ text, parts }: Word): string[] {
  return [text, ...parts].flatMap(wordForms);
}
