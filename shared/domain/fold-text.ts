import anyAscii from 'any-ascii';

const TRADE_MARKS = /[©®™℠]/g;
/**
 * Signs whose normal forms are digits or letters and would join their neighbours: 3½ must not
 * become 31/2, nor №5 no5. Signs of units are excluded: 30㎡.
 */
const LONE_NUMBERS = /[¼-¾⅐-⅞↉①-⒛⓪]|(?=\p{Changes_When_NFKC_Casefolded})(?![㍱-㏟])\p{So}/gu;
const APOSTROPHES = /[’‘‛ʼʻʹ´`′＇׳]/g;
const ZERO_WIDTH_SPACE = /\u200b/g;
const INVISIBLE = /\p{Default_Ignorable_Code_Point}/gu;

/**
 * Marks that people omit when they type: accents, Hebrew points, Arabic vowels. The marks of other
 * scripts (Thai and Indic vowels, the Japanese voicing marks) make another letter.
 */
const OPTIONAL_MARKS =
  /[[\p{M}&&[\p{sc=Inherited}\p{sc=Cyrillic}\p{sc=Hebrew}\p{sc=Arabic}\p{sc=Syriac}]]--[\u3099\u309a]]/gv;
/** Letters such as ß, ł and ø, which no normal form decomposes, and digits of other scripts. */
const SPELLED_OUT = /[[\p{sc=Latin}\p{Nd}]--\p{ASCII}]+/gv;
/**
 * Letters that people use interchangeably, and the Arabic elongation mark, which is not a letter.
 */
const SAME_LETTERS: Readonly<Record<string, string>> = {
  ς: 'σ',
  ى: 'ي',
  ی: 'ي',
  ک: 'ك',
  ة: 'ه',
  ـ: '',
};
const INTERCHANGEABLE = new RegExp(`[${Object.keys(SAME_LETTERS).join('')}]`, 'g');

/**
 * Folds a text to lower-case letters without accents, so that spellings of one text match. Folding
 * is idempotent.
 */
export function foldText(text: string): string {
  return (
    text
      .replace(TRADE_MARKS, ' ')
      .replace(LONE_NUMBERS, ' $& ')
      .replace(APOSTROPHES, "'")
      .replace(ZERO_WIDTH_SPACE, ' ')
      .replace(INVISIBLE, '')
      .normalize('NFKD')
      .replace(OPTIONAL_MARKS, '')
      .normalize('NFKC')
      .replace(SPELLED_OUT, (letters) => anyAscii(letters))
      // Repeated, because the inch mark ″ becomes two apostrophes.
      .replace(APOSTROPHES, "'")
      .toLowerCase()
      .replace(INTERCHANGEABLE, (letter) => SAME_LETTERS[letter] ?? letter)
  );
}
