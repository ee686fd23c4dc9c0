import pluralize from 'pluralize';

const ENGLISH_NOUN = /^[a-z]{3,}$/;

// The package takes it for the plural of `tax`.
pluralize.addIrregularRule('taxi', 'taxis');

/**
 * The forms of a word by which its singular and its plural meet: the word itself and its singular.
 * Two steps, since `mens` leads to `men`, and `men` to `man`.
 */
export function wordForms(word: string): string[] {
  if (!ENGLISH_NOUN.test(word)) return [word];
  const one = singular(word);
  // The package knows `boxes`, but neither `lenses` nor `canvases`.
  const ending = word.endsWith('ses') ? [word.slice(0, -2)] : [];
  return [...new Set([word, one, singular(one), ...ending])];
}

/** By way of the plural, because `cookies` leads to `cooky` and only its plural leads there too. */
function singular(word: string): string {
  return pluralize.singular(pluralize.plural(word));
}
