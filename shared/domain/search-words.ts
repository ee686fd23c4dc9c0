/** More words of a product are not kept; those of its title and its SKUs come first. */
const PRODUCT_WORDS_MAX = 500;

/** Letters and digits, and an apostrophe between them: as MongoDB's text index parts words. */
const WORD = /[\p{L}\p{M}\p{N}]+(?:'[\p{L}\p{M}\p{N}]+)*/gu;
const ACCENTS = /[\u0300-\u036f]/g;

/** Words that say nothing about a product by themselves. */
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

/** Small letters without accents, so that it does not matter how something was typed. */
export function folded(text: string): string {
  const plain = text.normalize('NFKD').replace(ACCENTS, '').normalize('NFKC');
  return plain.replace(/[’‘]/g, "'").toLowerCase();
}

/** Every word of a text, folded, in its order. */
export function wordsOf(text: string): string[] {
  return folded(text).match(WORD) ?? [];
}

/** Letters and digits alone: `70's` and `70s` are typed for each other. */
export function bare(word: string): string {
  return word.replaceAll("'", '');
}

/** What a word is for a search: many stand for nothing, and a letter only for a part of a word. */
export function kindOf(word: string): 'word' | 'letter' | 'silent' {
  if (!STOP_WORDS.has(word)) return 'word';
  return word.length === 1 ? 'letter' : 'silent';
}

/** Neighbours that are also written as one word, like `lunch box`, `t-light`; `bag of` is not. */
export function areJoined(word: string, next: string): boolean {
  return kindOf(word) !== 'silent' && kindOf(next) !== 'silent';
}

/** A whole SKU as it is looked for; the mark keeps it apart from the words. */
export function skuWord(sku: string): string {
  return `#${folded(sku.trim())}`;
}

/**
 * A word that is written nowhere but may be typed, as it is kept: `t-light` is also `tlight`. The
 * mark keeps it out of the words that begin with its first part.
 */
export function joinedWord(word: string): string {
  return `=${bare(word)}`;
}

/** Words of a product, those that may be typed for them, and its whole SKUs. */
export function productWords(
  title: string,
  skus: readonly string[],
  details: readonly string[],
): string[] {
  const inTitle = wordsOf(title);
  const found = new Set([
    ...inTitle,
    ...skus.map(skuWord),
    ...skus.flatMap(wordsOf),
    ...joinedWordsOf(inTitle),
  ]);
  for (const text of details) {
    for (const word of wordsOf(text)) found.add(word);
    if (found.size >= PRODUCT_WORDS_MAX) break;
  }
  return [...found].slice(0, PRODUCT_WORDS_MAX);
}

function joinedWordsOf(words: readonly string[]): string[] {
  return words.flatMap((word, at) => {
    const next = words[at + 1];
    return [
      ...(bare(word) === word ? [] : [joinedWord(word)]),
      ...(next !== undefined && areJoined(word, next) ? [joinedWord(word + next)] : []),
    ];
  });
}
