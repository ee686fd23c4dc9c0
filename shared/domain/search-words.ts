/** More words of a product are not kept; those of its title and its SKUs come first. */
const PRODUCT_WORDS_MAX = 500;
/** More words of a query are not looked for. */
const QUERY_WORDS_MAX = 8;
/** Beginnings shorter than this are those of too many words to mean one. */
const PREFIX_LENGTH_MIN = 2;

/** Letters and digits, and an apostrophe between them: as MongoDB's text index parts words. */
const WORD = /[\p{L}\p{M}\p{N}]+(?:'[\p{L}\p{M}\p{N}]+)*/gu;
const ACCENTS = /[\u0300-\u036f]/g;

/** Words that say nothing about a product; none is looked for, not even as a beginning. */
const STOP_WORDS = new Set(
  (
    'a about above after again all also am an and any are as at be because been before being ' +
    'below between both but by could did do does doing during each for from further had has have ' +
    'he her here hers him his how i if in into is it its me my no nor not of on or our ours she ' +
    'should so some such t than that the their theirs them then there these they this those ' +
    'through to too until s us was we were what when where which while who whom why with would ' +
    'you your yours'
  ).split(' '),
);

/** What a query looks for. */
export interface SearchWords {
  /** In the order in which they were written, each once, without words that say nothing. */
  readonly words: readonly string[];
  /** The last word again, which may be the beginning of one that is still being written. */
  readonly prefix?: string;
}

/** Small letters without accents, so that it does not matter how something was typed. */
export function folded(text: string): string {
  const plain = text.normalize('NFKD').replace(ACCENTS, '').normalize('NFKC');
  return plain.replace(/[’‘]/g, "'").toLowerCase();
}

/** What stands in a query; nothing in it is an operator. */
export function searchWordsOf(query: string): SearchWords {
  const all = wordsOf(query);
  const words = [...new Set(all)].filter((word) => !STOP_WORDS.has(word)).slice(0, QUERY_WORDS_MAX);
  const last = all.at(-1);
  const isPrefix =
    last !== undefined && last === words.at(-1) && [...last].length >= PREFIX_LENGTH_MIN;
  return { words, ...(isPrefix && { prefix: last }) };
}

/** A whole SKU as it is looked for; the mark keeps it apart from the words. */
export function skuWord(sku: string): string {
  return `#${folded(sku.trim())}`;
}

/** Words by whose beginnings a product is found, and its whole SKUs. */
export function productWords(
  title: string,
  skus: readonly string[],
  details: readonly string[],
): string[] {
  const found = new Set([...wordsOf(title), ...skus.map(skuWord), ...skus.flatMap(wordsOf)]);
  for (const text of details) {
    for (const word of wordsOf(text)) found.add(word);
    if (found.size >= PRODUCT_WORDS_MAX) break;
  }
  return [...found].slice(0, PRODUCT_WORDS_MAX);
}

function wordsOf(text: string): string[] {
  return folded(text).match(WORD) ?? [];
}
