import pluralize from 'pluralize';

const ENGLISH_NOUN = /^[a-z]{3,}$/;

// Without this rule the package takes `taxi` for the plural of `tax`.
pluralize.addIrregularRule('taxi', 'taxis');

/**
 * Returns the forms of a word by which its singular and plural match: the word and its singular.
 * The singular is formed twice, since `mens` becomes `men`, and `men` becomes `man`.
 */
export function wordForms(word: string): string[] {
  if (!ENGLISH_NOUN.test(word)) return [word];
  const singularForm = singular(word);
  // The package knows `boxes`, but neither `lenses` nor `canvases`.
  const ending = word.endsWith('ses') ? [word.slice(0, -2)] : [];
  return [...new Set([word, singularForm, singular(singularForm), ...ending])];
}

/**
 * Goes through the plural, so that `cookie` and `cookies` have the same form. The package makes
 * `cooky` of `cookies`, but does not change `cookie`.
 */
function singular(word: string): string {
  return pluralize.singular(pluralize.plural(word));
}
