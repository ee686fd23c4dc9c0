/** Shorter words are one letter from too many others; longer words have too many neighbours. */
const CORRECTED = /^[a-z]{4,20}$/;
const LETTERS = [...'abcdefghijklmnopqrstuvwxyz'];

/** Returns whether a word is corrected: 4 to 20 letters from a to z. */
export function isCorrected(word: string): boolean {
  return CORRECTED.test(word);
}

/**
 * Returns the words at a Damerau-Levenshtein distance of 1 from `word`: one letter is omitted,
 * added, replaced or transposed. The first letter stays, because it is rarely wrong. These are
 * about 500 words; at a distance of 2 there would be 200,000. Returns none for a word that is not
 * corrected.
 */
export function nearWords(word: string): string[] {
  if (!isCorrected(word)) return [];
  const near = new Set<string>();
  for (let at = 1; at <= word.length; at += 1) {
    const [before, letter, after] = [word.slice(0, at), word.charAt(at), word.slice(at + 1)];
    for (const added of LETTERS) {
      near.add(before + added + letter + after);
      if (letter !== '') near.add(before + added + after);
    }
    if (letter === '') continue;
    near.add(before + after);
    near.add(before + after.slice(0, 1) + letter + after.slice(1));
  }
  near.delete(word);
  return [...near];
}

/**
 * Returns the word that most products have, among equals the first in alphabetical order; undefined
 * if no product has any.
 * @param products the words of each product
 */
export function findCommonest(
  near: readonly string[],
  products: readonly (readonly string[])[],
): string | undefined {
  const counts = new Map(near.map((word) => [word, 0]));
  for (const words of products) {
    for (const word of words) {
      const count = counts.get(word);
      if (count !== undefined) counts.set(word, count + 1);
    }
  }
  const candidates = [...counts].filter(([, count]) => count > 0);
  candidates.sort(
    ([first, firstCount], [second, secondCount]) =>
      secondCount - firstCount || (first < second ? -1 : 1),
  );
  return candidates[0]?.[0];
}
