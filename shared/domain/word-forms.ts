import pluralize from 'pluralize';

const ENGLISH_NOUN = /^[a-z]{3,}$/;

// The package takes it for the plural of `tax`.
pluralize.addIrregularRule('taxi', 'taxis');

/**
 * Returns the forms of a word by which its singular and plural match: the word and its singular. It
 * takes two steps, since `mens` leads to `men`, and `men` to `man`.
 */
export function wordForms(word: string): string[] {
  if (!ENGLISH_NOUN.test(word)) return [word];
  const one = singular(word);
  // The package knows `boxes`, but neither `lenses` nor `canvases`.
  const ending = word.endsWith('ses') ? [word.slice(0, -2)] : [];
  return [...new Set([word, one, singular(one), ...ending])];
}

/** Goes through the plural, because `cookies` leads to `cooky`, and `cookie` only by its plural. */
function singular(word: string): string {
  return pluralize.singular(pluralize.plural(word));
}
