import { guard } from './formula-guard.ts';

/** Cells with any common delimiter are quoted, so that most programs read the same cells. */
const NEEDS_QUOTES = /[",;|\t\r\n]/;
export const BYTE_ORDER_MARK = '\ufeff';

/** The style of a file. Excel needs a byte order mark and, in many countries, semicolons. */
export interface CsvStyle {
  readonly delimiter: string;
  /** Whether the file begins with a byte order mark. */
  readonly bom: boolean;
}

/** Writes one row of CSV (RFC 4180), guarded against formulas. */
export function writeRow(cells: readonly string[], { delimiter }: CsvStyle): string {
  return `${cells.map(quoteCell).join(delimiter)}\r\n`;
}

function quoteCell(text: string): string {
  const guarded = guard(text);
  return NEEDS_QUOTES.test(guarded) ? `"${guarded.replaceAll('"', '""')}"` : guarded;
}
