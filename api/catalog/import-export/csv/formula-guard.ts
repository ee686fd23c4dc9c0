/*
 * Spreadsheets run a cell that begins like a formula
 * (https://owasp.org/www-community/attacks/CSV_Injection). Where a cell begins depends on the
 * program: one that splits at semicolons finds a formula in the middle of `Mug;=1+1`, whether the
 * text is quoted or not. So an apostrophe goes in front of every character that would begin a
 * formula for any separator. Another goes in front of the whole text: it marks the text as guarded.
 */

/** Characters that begin a formula. */
const STARTS = '=+\\-@＝＋－＠';
/** Characters that spreadsheets drop from the start of a cell. */
const DROPPED = '\\t\\r';
/** Characters between a separator and a formula that do not make the formula harmless. */
const IGNORED = '[ \\u00a0"\']*';
/** Characters that separate fields or rows in common programs. */
const SEPARATORS = ',;|\\t\\v\\f\\r\\n\\x1c-\\x1f\\x85\\u2028\\u2029，；｜';
/**
 * Other separators that a program can be configured with: any character except letters, marks,
 * digits, quotes and the starts themselves. After these, a sign before a blank (` - `) is harmless.
 */
const OTHER_SEPARATORS = `^\\p{L}\\p{M}\\p{N}"'${STARTS}`;

const AT_START = new RegExp(`^${IGNORED}[${STARTS}${DROPPED}\\n]`);
const INSIDE =
  `(?:(?=[${STARTS}${DROPPED}])(?<=[${SEPARATORS}]${IGNORED})` +
  `|(?=[${STARTS}]\\S)(?<=[${OTHER_SEPARATORS}]["']*))`;
const UNGUARDED = new RegExp(INSIDE, 'gu');
const GUARDED = new RegExp(`'(?:${INSIDE})`, 'gu');

/** Returns the cell for a text, guarded if necessary. */
export function guard(text: string): string {
  const guarded = text.replace(UNGUARDED, "'");
  return guarded !== text || AT_START.test(text) ? `'${guarded}` : text;
}

/** Returns the text of a cell; the inverse of `guard`. Unguarded cells are returned unchanged. */
export function unguard(cell: string): string {
  if (!cell.startsWith("'")) return cell;
  const afterApostrophe = cell.slice(1);
  const text = afterApostrophe.replace(GUARDED, '');
  return text !== afterApostrophe || AT_START.test(afterApostrophe) ? text : cell;
}
