/** Shorter words are one letter from too many others; longer ones have too many others near. */
const CORRECTED = /^[a-z]{4,20}$/;
const LETTERS = [...'abcdefghijklmnopqrstuvwxyz'];

/** Whether a word is one of those that are corrected: of 4 to 20 letters from a to z. */
export function isCorrected(word: string): boolean {
  return CORRECTED.test(word);
}

/**
 * What somebody may have meant by a word that is found nowhere: everything that one letter left
 * out, added, taken for another or changed places with makes of it (Damerau-Levenshtein distance
 * 1), but for the first letter, which is seldom wrong. These are looked up, so it does not matter
 * how many words there are: two letters off would be some 200,000 to look up instead of 500. None
 * for words with digits, or of other letters than a to z when accents are taken off.
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

/** The one of the words that most of the products have; of equals the first by letters. */
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
  const found = [...counts].filter(([, count]) => count > 0);
  found.sort(([one, many], [other, more]) => more - many || (one < other ? -1 : 1));
  return found[0]?.[0];
}
