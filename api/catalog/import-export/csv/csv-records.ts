import type { LineFault, RowLines } from '../read/candidate.ts';
import { LINE_BYTES_MAX, type TextLine } from '../read/text-lines.ts';

/** A row of a CSV file, split into its cells. */
export interface CsvRecord extends RowLines {
  readonly cells: readonly string[];
  /** The length of its text in the file, in characters. */
  readonly length: number;
}

/** A row that cannot be split. */
export interface BadRecord extends RowLines {
  readonly fault: LineFault;
  /** The cells before the wrong cell; may be empty. */
  readonly cells: readonly string[];
}

/** The form of the rows of a file, which its header determines. */
export interface RowShape {
  readonly delimiter: string;
  /** Returns what is wrong if the cells do not fit the header. */
  mismatch(cells: readonly string[]): string | undefined;
  /**
   * Whether the cells look like a complete row: they fit the header, with SKU, price and currency.
   */
  looksLikeRow(cells: readonly string[]): boolean;
}

type Split =
  | { readonly is: 'whole' | 'open'; readonly cells: readonly string[] }
  | { readonly is: 'bad'; readonly cells: readonly string[]; readonly message: string };

const OPENING_QUOTE = / *"/y;
const BLANKS = / */y;

/**
 * Splits text into cells by RFC 4180, and allows blanks around quotes. The result is `open` if the
 * text ends within quotes. If a cell is wrong or open, only the cells before it are returned.
 */
export function splitCells(text: string, delimiter: string): Split {
  const cells: string[] = [];
  for (let at = 0; ; ) {
    const start = matchesAt(OPENING_QUOTE, text, at);
    if (start === undefined) {
      const next = text.indexOf(delimiter, at);
      const cell = text.slice(at, next < 0 ? text.length : next);
      if (cell.includes('"')) {
        const message =
          'A cell contains a quote and does not begin with one. Put the cell in quotes and double the quotes inside it.';
        return { is: 'bad', cells, message };
      }
      cells.push(cell);
      if (next < 0) return { is: 'whole', cells };
      at = next + delimiter.length;
      continue;
    }
    const close = closingQuote(text, start);
    if (close < 0) return { is: 'open', cells };
    const after = matchesAt(BLANKS, text, close + 1) ?? close + 1;
    const isLast = after === text.length;
    if (!isLast && !text.startsWith(delimiter, after)) {
      const message =
        'There is text after the closing quote of a cell. Double the quotes inside the cell.';
      return { is: 'bad', cells, message };
    }
    cells.push(text.slice(start, close).replaceAll('""', '"'));
    if (isLast) return { is: 'whole', cells };
    at = after + delimiter.length;
  }
}

/** Returns the end of a match of a sticky pattern at this position. */
function matchesAt(pattern: RegExp, text: string, at: number): number | undefined {
  pattern.lastIndex = at;
  return pattern.test(text) ? pattern.lastIndex : undefined;
}

function closingQuote(text: string, from: number): number {
  let at = text.indexOf('"', from);
  while (at >= 0 && text[at + 1] === '"') at = text.indexOf('"', at + 2);
  return at;
}

/**
 * Joins lines into rows. A row with an open quote continues until the quote is closed. If the
 * joined row does not fit the header, only its first line is refused, and its other lines are read
 * again as rows of their own. So a stray quote costs one line and not the rest of the file.
 */
export class CsvRecords {
  /** Lines of a row whose quote is open. */
  #open: TextLine[] = [];
  #openLength = 0;
  #shape: RowShape;

  constructor(shape: RowShape) {
    this.#shape = shape;
  }

  push(line: TextLine): (CsvRecord | BadRecord)[] {
    if (this.#open.length === 0) return this.#begin(line);
    this.#open.push(line);
    this.#openLength += line.text.length + line.end.length;
    const isTooLong = this.#openLength > LINE_BYTES_MAX || line.fault?.code === 'line_too_long';
    if (!isTooLong && !hasOddQuotes(line.text)) return [];
    const record = isTooLong ? undefined : this.#whole();
    return record === undefined ? this.#giveUp() : [record];
  }

  /** Returns the remaining rows if the file ends within quotes. */
  end(): (CsvRecord | BadRecord)[] {
    const records: (CsvRecord | BadRecord)[] = [];
    while (this.#open.length > 0) records.push(...this.#giveUp());
    return records;
  }

  #begin(line: TextLine): (CsvRecord | BadRecord)[] {
    const { number, fault } = line;
    const text = line.text.replace(/^\ufeff/, '');
    const at = { line: number, lastLine: number };
    if (fault !== undefined) return [{ ...at, fault, cells: [] }];
    if (text === '') return [];
    const split = splitCells(text, this.#shape.delimiter);
    if (split.is === 'bad')
      return [{ ...at, fault: malformed(number, split.message), cells: split.cells }];
    if (split.is === 'whole') return [{ ...at, cells: split.cells, length: text.length }];
    this.#open = [{ ...line, text }];
    this.#openLength = text.length + line.end.length;
    return [];
  }

  /**
   * Joins the open lines into a row; undefined if it does not fit the header or a quote is stray.
   */
  #whole(): CsvRecord | BadRecord | undefined {
    const lines = this.#open;
    const text = lines.map((line, index) => line.text + (index < lines.length - 1 ? line.end : ''));
    const split = splitCells(text.join(''), this.#shape.delimiter);
    if (split.is !== 'whole' || this.#shape.mismatch(split.cells) !== undefined) return undefined;
    if (this.#swallowsRows()) return undefined;
    const [line, lastLine] = [lines[0]?.number ?? 0, lines.at(-1)?.number ?? 0];
    this.#open = [];
    const fault = lines.find((open) => open.fault !== undefined)?.fault;
    if (fault === undefined)
      return { line, lastLine, cells: split.cells, length: this.#openLength };
    const message = fault.line === line ? fault.message : `Line ${fault.line}: ${fault.message}`;
    return { line, lastLine, cells: [], fault: { ...fault, line, message } };
  }

  /**
   * Returns whether the quotes that open and close the cell are probably stray quotes of two rows.
   * This is so if a line in between is a complete row, or if the first and the last line are
   * complete rows apart from their quotes. The lines of a real cell hardly ever look like rows.
   */
  #swallowsRows(): boolean {
    const { delimiter } = this.#shape;
    const [first, last] = [this.#open[0], this.#open.at(-1)];
    if (first === undefined || last === undefined) return false;
    const isRow = ({ text }: TextLine) => {
      const split = splitCells(text, delimiter);
      return split.is === 'whole' && this.#shape.looksLikeRow(split.cells);
    };
    const isRowButForQuotes = ({ text }: TextLine) =>
      this.#shape.looksLikeRow(text.replaceAll('"', '').split(delimiter));
    return (
      this.#open.slice(1, -1).some(isRow) || (isRowButForQuotes(first) && isRowButForQuotes(last))
    );
  }

  /** Refuses the first of the open lines and reads the others again. */
  #giveUp(): (CsvRecord | BadRecord)[] {
    const [first, ...others] = this.#open;
    this.#open = [];
    if (first === undefined) return [];
    const { number: line } = first;
    const split = splitCells(first.text, this.#shape.delimiter);
    const message =
      'A cell begins with a quote that is not closed. Remove the quote, or put the cell in quotes and double the quotes inside it.';
    const bad = { line, lastLine: line, cells: split.cells, fault: malformed(line, message) };
    return [bad, ...others.flatMap((next) => this.push(next))];
  }
}

/** Returns whether the number of quotes is odd. If so, the text opens or closes a quote. */
function hasOddQuotes(text: string): boolean {
  let isOdd = false;
  for (let at = text.indexOf('"'); at >= 0; at = text.indexOf('"', at + 1)) isOdd = !isOdd;
  return isOdd;
}

function malformed(line: number, message: string): LineFault {
  return { line, path: '', code: 'malformed_csv', message };
}
