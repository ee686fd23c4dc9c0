import { CsvError, parse } from 'csv-parse/sync';
import type { LineFault } from '../read/candidate.ts';
import { lineFault } from '../read/line-fault.ts';
import { LINE_BYTES_MAX, type TextLine } from '../read/text-lines.ts';

/** A row of a CSV file; `line` is the one on which it begins. */
export interface CsvRecord {
  readonly line: number;
  readonly cells: readonly string[];
  readonly length: number;
}

interface OpenRecord {
  readonly line: number;
  readonly lines: string[];
  length: number;
  fault: LineFault | undefined;
}

/**
 * Makes rows of lines (RFC 4180). A row goes on while the number of its quotes is odd: they come in
 * pairs, for a quote inside quotes is doubled. A row without quotes is cut at its commas, any other
 * is parsed by the library, alone, so that a bad quote spoils no row but its own.
 */
export class CsvRecords {
  #open: OpenRecord | undefined;

  push(line: TextLine): (CsvRecord | LineFault)[] {
    const { number, text, fault } = line;
    const hasOddQuotes = isOdd(text);
    if (this.#open === undefined) {
      if (fault === undefined && !hasOddQuotes) return parsed(number, text);
      if (!hasOddQuotes) return [lineFault(line)];
      this.#open = { line: number, lines: [], length: 0, fault: undefined };
    }
    const open = this.#open;
    const closes = hasOddQuotes !== (open.lines.length === 0) || fault === 'line_too_long';
    open.lines.push(text);
    open.length += text.length + 1;
    open.fault ??= fault === undefined ? undefined : lineFault(line);
    const isTooLong = open.length > LINE_BYTES_MAX;
    if (!closes && !isTooLong) return [];
    this.#open = undefined;
    if (open.fault !== undefined) return [open.fault];
    if (isTooLong) return [notClosed(open.line)];
    return parsed(open.line, open.lines.join('\n'));
  }

  /** What is left when the file ends within quotes. */
  end(): LineFault[] {
    return this.#open === undefined ? [] : [notClosed(this.#open.line)];
  }
}

function isOdd(text: string): boolean {
  let isOdd = false;
  for (let at = text.indexOf('"'); at >= 0; at = text.indexOf('"', at + 1)) isOdd = !isOdd;
  return isOdd;
}

function parsed(line: number, raw: string): (CsvRecord | LineFault)[] {
  const text = raw.endsWith('\r') ? raw.slice(0, -1) : raw;
  if (text === '') return [];
  const { length } = text;
  if (!text.includes('"')) return [{ line, cells: text.split(','), length }];
  try {
    const rows: string[][] = parse(text, { relax_column_count: true, record_delimiter: '\n' });
    const [cells] = rows;
    if (cells !== undefined && rows.length === 1) return [{ line, cells, length }];
  } catch (error) {
    if (!(error instanceof CsvError)) throw error;
  }
  return [malformed(line, 'The quotes do not fit together.')];
}

function notClosed(line: number): LineFault {
  return malformed(line, 'A quote is opened and not closed.');
}

function malformed(line: number, message: string): LineFault {
  return { line, path: '', code: 'malformed_csv', message };
}
