import { basename } from 'node:path';
import { CsvError, parse } from 'csv-parse/sync';
import { type LineGroup, readLines } from './lines.ts';

/** A row as wide as the header, or its fault; `line` is the line on which the row begins. */
export type Row<Column extends string> =
  | { readonly line: number; readonly cells: Readonly<Record<Column, string>> }
  | { readonly line: number; readonly fault: string };

/** The most line breaks in the quoted cells of a row. */
const LINE_ENDS_IN_ROW_MAX = 10;
const BYTE_ORDER_MARK = '\ufeff';

/**
 * Streams the rows of a CSV file (RFC 4180) with a header, in groups. A line without quotes is
 * split at its commas. `csv-parse` parses each row with quotes separately, so that a bad quote
 * breaks only its own row.
 * @param columns the requested columns; the header may have them in any order and further columns
 * @throws Error if the file cannot be read or is empty, or if its header lacks one of the columns
 */
export async function* readRows<const Column extends string>(
  path: string,
  columns: readonly Column[],
): AsyncGenerator<Row<Column>[]> {
  const file = basename(path);
  let shape: Shape<Column> | undefined;
  for await (const group of wholeRows(readLines(path))) {
    const rows: Row<Column>[] = [];
    for (const { line, cells } of group) {
      if (shape === undefined) shape = readHeader(file, cells, columns);
      else rows.push(toRow(shape, line, cells));
    }
    yield rows;
  }
  if (shape === undefined) throw new Error(`${file} is empty`);
}

/** The number of columns in the header, and the index of each requested column. */
interface Shape<Column extends string> {
  readonly width: number;
  readonly places: readonly (readonly [Column, number])[];
}

function readHeader<Column extends string>(
  file: string,
  header: readonly string[] | string,
  columns: readonly Column[],
): Shape<Column> {
  const names = typeof header === 'string' ? [] : header.map((name) => name.trim());
  if (names[0] !== undefined) names[0] = names[0].replace(BYTE_ORDER_MARK, '');
  const places = columns.map((column) => [column, names.indexOf(column)] as const);
  const missing = places.filter(([, place]) => place < 0).map(([column]) => column);
  if (missing.length === 0) return { width: names.length, places };
  throw new Error(`${file} line 1: the header lacks ${missing.join(', ')}`);
}

function toRow<Column extends string>(
  { places, width }: Shape<Column>,
  line: number,
  cells: readonly string[] | string,
): Row<Column> {
  if (typeof cells === 'string') return { line, fault: cells };
  if (cells.length !== width) {
    return { line, fault: `it has ${cells.length} columns, not ${width}` };
  }
  const named = {} as Record<Column, string>;
  for (const [column, place] of places) named[column] = cells[place] ?? '';
  return { line, cells: named };
}

/** The cells, or their fault. */
interface ParsedLine {
  readonly line: number;
  readonly cells: readonly string[] | string;
}

/**
 * Parses lines into rows. Keeps the last lines of a group for the next group if a quote is open.
 */
async function* wholeRows(groups: AsyncIterable<LineGroup>): AsyncGenerator<ParsedLine[]> {
  let held: string[] = [];
  let heldFrom = 1;
  for await (const { first, lines } of groups) {
    const start = held.length > 0 ? heldFrom : first;
    const allLines = held.length > 0 ? [...held, ...lines] : lines;
    const parsed: ParsedLine[] = [];
    const used = parseLines(allLines, start, parsed, false);
    held = allLines.slice(used);
    heldFrom = start + used;
    yield parsed;
  }
  const parsed: ParsedLine[] = [];
  parseLines(held, heldFrom, parsed, true);
  yield parsed;
}

/**
 * Parses lines and appends their rows to `parsed`.
 * @returns the number of lines used: fewer than all if the last row may continue after them
 */
function parseLines(
  lines: readonly string[],
  first: number,
  parsed: ParsedLine[],
  isEnd: boolean,
): number {
  let index = 0;
  while (index < lines.length) {
    const text = lines[index] ?? '';
    const line = first + index;
    if (!text.includes('"')) {
      if (text !== '') parsed.push({ line, cells: text.split(',') });
      index += 1;
      continue;
    }
    const row = parseQuoted(lines, index);
    const mayContinue = row === 'open' && index + LINE_ENDS_IN_ROW_MAX >= lines.length;
    if (mayContinue && !isEnd) return index;
    parsed.push({ line, cells: row === 'open' ? 'a quote is not closed' : row.cells });
    index += row === 'open' ? 1 : row.lines;
  }
  return index;
}

function parseQuoted(
  lines: readonly string[],
  start: number,
): { readonly cells: readonly string[] | string; readonly lines: number } | 'open' {
  const alone = parseRow(lines[start] ?? '', true);
  if (alone !== 'open') return { cells: alone, lines: 1 };
  const last = Math.min(lines.length - 1, start + LINE_ENDS_IN_ROW_MAX);
  for (let end = start + 1; end <= last; end += 1) {
    // Parses strictly, so that an open quote does not extend to the next quote.
    const joined = parseRow(lines.slice(start, end + 1).join('\n'), false);
    if (typeof joined !== 'string') return { cells: joined, lines: end - start + 1 };
    if (joined !== 'open') return { cells: 'a quote is not closed', lines: 1 };
  }
  return 'open';
}

function parseRow(text: string, isRelaxed: boolean): readonly string[] | 'open' | string {
  try {
    const [cells = []] = parse(text, { relax_quotes: isRelaxed, relax_column_count: true });
    return cells as string[];
  } catch (error) {
    if (!(error instanceof CsvError)) throw error;
    return error.code === 'CSV_QUOTE_NOT_CLOSED' ? 'open' : `it is not valid CSV: ${error.message}`;
  }
}
