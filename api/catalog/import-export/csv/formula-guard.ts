/**
 * Spreadsheets take a cell that begins with one of these for a formula, and run it. What we write
 * is therefore guarded by an apostrophe, as OWASP advises
 * (https://owasp.org/www-community/attacks/CSV_Injection), and what we read is unguarded again. A
 * cell that begins with apostrophes and then one of these gets one more, so that nothing is lost.
 */
const FORMULA = /^'*[=+\-@\t\r\n＝＋－＠]/;
const GUARDED = /^'+[=+\-@\t\r\n＝＋－＠]/;

/** What is written for a text. */
export function guard(text: string): string {
  return FORMULA.test(text) ? `'${text}` : text;
}

/** The text for which this was written. */
export function unguard(cell: string): string {
  return GUARDED.test(cell) ? cell.slice(1) : cell;
}
