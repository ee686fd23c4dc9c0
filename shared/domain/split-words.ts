import { foldText } from './fold-text.ts';

/** A word of a text. */
export interface Word {
  readonly text: string;
  /**
   * Its parts, unless the only part is the word itself: `3` and `5mm` of `3.5mm`, `c` of `c++`, the
   * two characters of a pair.
   */
  readonly parts: readonly string[];
  /** Whether it is one or two neighbouring characters of a run that is written without spaces. */
  readonly isGram: boolean;
  /** The index of its piece of the text; spaces separate pieces. */
  readonly piece: number;
}

/** Longer words are truncated. */
const WORD_LENGTH_MAX = 200;

/**
 * Scripts without spaces between words, by the line-break classes of Unicode (UAX #14): ID lets a
 * line end after any character, AK and AS after any syllable, and SA leaves it to a dictionary.
 * Dictionaries disagree, so runs of these scripts are split into pairs of characters. Korean is
 * here because its compounds have no spaces. Tibetan is not: a mark ends each of its syllables.
 */
const UNSPACED_SCRIPTS = [
  ...['scx=Han', 'scx=Hiragana', 'scx=Katakana', 'scx=Bopomofo', 'sc=Yi', 'sc=Tangut', 'sc=Nushu'],
  ...['sc=Balinese', 'sc=Javanese', 'sc=Batak', 'sc=Buginese', 'sc=Cham', 'sc=Makasar', 'sc=Kawi'],
  ...['sc=Thai', 'sc=Lao', 'sc=Khmer', 'sc=Myanmar', 'sc=Ahom'],
  ...['sc=Tai_Le', 'sc=New_Tai_Lue', 'sc=Tai_Tham', 'sc=Tai_Viet'],
  'scx=Hangul',
];
const UNSPACED = `[[\\p{L}\\p{M}\\p{N}]&&[${UNSPACED_SCRIPTS.map((name) => `\\p{${name}}`).join('')}]]`;
const LETTER = `[[\\p{L}\\p{M}\\p{N}]--${UNSPACED}]`;
const SYMBOL = '[\\p{So}\\p{Extended_Pictographic}]';
/**
 * A run of an unspaced script, a word that may contain apostrophes and decimal points (also `c++`
 * and `c#`), or a symbol.
 */
const TOKEN = new RegExp(
  [
    `${UNSPACED}+`,
    `${LETTER}+(?:(?:'|(?<=\\d)\\.(?=\\d))${LETTER}+)*(?:[+#]+(?!${LETTER}))?`,
    `\\p{RI}{2}|${SYMBOL}`,
  ].join('|'),
  'gv',
);
const RUN = new RegExp(`^${UNSPACED}+$`, 'v');
const SPACE_IN_RUN = new RegExp(`(?<=${UNSPACED})\\s+(?=${UNSPACED})`, 'gv');
const NOT_IN_WORDS = new RegExp(`[[^\\p{L}\\p{M}\\p{N}]--${SYMBOL}]`, 'gv');
const PARTS = /[\p{L}\p{M}\p{N}]+/gu;

/**
 * Splits a text into words, in their order. Only this function splits titles and queries, so that
 * they match.
 */
export function splitWords(text: string): Word[] {
  return readable(text)
    .split(/\s+/)
    .flatMap((piece, at) => (piece.match(TOKEN) ?? []).flatMap((token) => toWords(token, at)));
}

/**
 * Splits a text as if its runs had no spaces, because Korean and Thai sellers use spaces freely.
 */
export function splitClosed(text: string): Word[] {
  return splitWords(readable(text).replace(SPACE_IN_RUN, ''));
}

/** Joins the whole text into one word; a text without letters becomes its signs. */
export function joinWhole(text: string): string {
  const folded = readable(text);
  return cut(folded.replace(NOT_IN_WORDS, '') || folded.replace(/\s+/g, ''));
}

/** Folds a text, and unifies signs that can be written in several ways. */
function readable(text: string): string {
  return foldText(text)
    .replace(/(?<=^|\s)&(?=\s|$)/g, 'and')
    .replace(/(?<=\d),(?=\d{3}(?!\d))/g, '')
    .replace(/(?<=\d),(?=\d)/g, '.');
}

function toWords(token: string, piece: number): Word[] {
  if (!RUN.test(token)) {
    const text = cut(token.replaceAll("'", ''));
    const parts = token.match(PARTS)?.map(cut) ?? [];
    return [
      { text, parts: parts.length === 1 && parts[0] === text ? [] : parts, isGram: false, piece },
    ];
  }
  const characters = [...token];
  if (characters.length === 1) return [{ text: token, parts: [], isGram: true, piece }];
  return characters.slice(1).map((character, index) => {
    const before = characters[index] ?? '';
    return { text: before + character, parts: [before, character], isGram: true, piece };
  });
}

function cut(word: string): string {
  return word.slice(0, WORD_LENGTH_MAX);
}
