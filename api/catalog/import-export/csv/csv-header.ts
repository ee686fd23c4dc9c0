import { isName, NAME_RULE } from '../../../../shared/contract/named-texts.ts';
import { FileFault, type LineFault } from '../read/candidate.ts';
import { type RowShape, splitCells } from './csv-records.ts';
import { PRODUCT_LIMIT_COLUMNS, STOCK_COLUMN, VARIANT_COLUMNS } from './csv-values.ts';
import { unguard } from './formula-guard.ts';
import { PRODUCT_FIELD_COLUMNS } from './product-fields.ts';

/** The columns that every file must have. */
const REQUIRED_COLUMNS = ['title', 'type', 'sku', 'price', 'currency'] as const;
/** The column of the product's key, and the columns of the product's own fields. */
export const PRODUCT_COLUMNS = [
  'product',
  'title',
  'description',
  'type',
  ...Object.values(PRODUCT_LIMIT_COLUMNS),
  ...Object.values(PRODUCT_FIELD_COLUMNS),
] as const;
export const COLUMNS_MAX = 500;
const NAME_LENGTH_MAX = 100;
/** Delimiters of cells, the most likely first. */
const DELIMITERS = [',', ';', '\t', '|'] as const;

const normalize = (name: string) => name.toLowerCase().replace(/[\s_-]/g, '');
const KNOWN_COLUMNS = new Map(
  [...PRODUCT_COLUMNS, ...Object.values(VARIANT_COLUMNS)].map((name) => [normalize(name), name]),
);
const NAMED_COLUMN = /^(options|attributes)\s*\.\s*(\S.*)$/is;
/** Columns whose cells may contain line breaks. Elsewhere a line break comes from a stray quote. */
const MULTILINE = /^(?:title|description|tags|media|variant_title|options\..*|attributes\..*|)$/s;
/** Names that other programs use for columns with some kind of stock. */
const STOCK_NAMES = new Set(['stock', 'quantity', 'qty', 'inventory', 'onhand', 'available']);
/** The names in `STOCK_NAMES` that mean the units on hand. The others may mean available units. */
const ON_HAND_NAMES = new Set(['stock', 'onhand']);

/** The optional contents of a file. */
export interface FileContents {
  /** Whether the file may set the stock. */
  readonly hasStock: boolean;
}

/** The header of a file: the columns in order, and how to split the rows. */
export interface CsvHeader extends RowShape {
  /** The names. A column without a name is an empty string; its cells must be empty. */
  readonly columns: readonly string[];
}

/**
 * Reads the header and detects the delimiter. In names of known columns, letter case, blanks,
 * hyphens and underscores do not matter.
 * @param delimiter the delimiter, if the file names it (`sep=;`)
 * @param hasStock whether a column with the units on hand is allowed
 * @throws FileFault if the row is not a header or has too many columns; otherwise with a fault for
 * each unknown, repeated or missing column, and for each option with an invalid name
 */
export function readHeader(
  line: number,
  text: string,
  delimiter?: string,
  { hasStock }: FileContents = { hasStock: false },
): CsvHeader {
  const isKnown = (column: string) =>
    isKnownColumn(column) || (hasStock && column === STOCK_COLUMN);
  const toName = (cell: string) => {
    const name = columnName(cell);
    return hasStock && ON_HAND_NAMES.has(normalize(name)) ? STOCK_COLUMN : name;
  };
  const splits = (delimiter === undefined ? DELIMITERS : [delimiter]).map((candidate) => {
    const { is, cells } = splitCells(text, candidate);
    const columns = is === 'whole' ? cells.map(toName) : [];
    return { delimiter: candidate, columns, known: columns.filter(isKnown).length };
  });
  const best = splits.reduce((a, b) => (b.known > a.known ? b : a));
  if (best.known === 0) throw noHeader(line, text);
  checkColumns(line, best.columns, isKnown);
  return { ...best, ...toRowShape(best.columns, best.delimiter) };
}

/** Creates the fault of a file whose first row is not a header. */
export function noHeader(line: number, text = ''): FileFault {
  const names = `The first row must name the columns: ${REQUIRED_COLUMNS.join(', ')}, …`;
  const isJson = /^\s*[[{]/.test(text);
  const message = isJson ? `${names} For JSON, send application/x-ndjson.` : names;
  return new FileFault({ line, path: '', code: 'invalid_header', message });
}

function columnName(cell: string): string {
  const text = unguard(cell).normalize('NFC').trim();
  const known = KNOWN_COLUMNS.get(normalize(text));
  if (known !== undefined) return known;
  const [, kind, name = ''] = NAMED_COLUMN.exec(text) ?? [];
  if (kind === undefined) return text;
  return `${kind.toLowerCase()}.${name}`;
}

function isKnownColumn(column: string): boolean {
  return KNOWN_COLUMNS.has(normalize(column)) || NAMED_COLUMN.test(column);
}

function checkColumns(
  line: number,
  columns: readonly string[],
  isKnown: (column: string) => boolean,
): void {
  const faults: LineFault[] = [];
  const fault = (path: string, message: string) => {
    faults.push({ line, path: path.slice(0, NAME_LENGTH_MAX), code: 'invalid_header', message });
  };
  if (columns.filter((name) => name !== '').length > COLUMNS_MAX) {
    fault('', `A file may have at most ${COLUMNS_MAX} columns.`);
    throw new FileFault(...faults);
  }
  const seen = new Set<string>();
  for (const name of columns) {
    if (name === '') continue;
    const option = /^options\.(.*)$/s.exec(name)?.[1];
    if (seen.has(name)) fault(name, 'The column appears twice.');
    else if (!isKnown(name)) fault(name, unknownColumn(name));
    else if (option !== undefined && !isName(option)) fault(name, NAME_RULE);
    seen.add(name);
  }
  for (const name of REQUIRED_COLUMNS) {
    if (!columns.includes(name)) fault(name, 'The column is missing.');
  }
  if (faults.length > 0) throw new FileFault(...faults);
}

function unknownColumn(name: string): string {
  if (STOCK_NAMES.has(normalize(name))) {
    return 'Remove the column and set the stock with adjustments, or rename it to “on_hand” and use mode=upsert.';
  }
  return `There is no such column. Remove it, or rename it to “options.${name}” or “attributes.${name}”.`;
}

function toRowShape(columns: readonly string[], delimiter: string): RowShape {
  const indexes = REQUIRED_COLUMNS.map((name) => columns.indexOf(name));
  const cellsMin = Math.max(...indexes) + 1;
  const [sku = 0, price = 0, currency = 0] = ['sku', 'price', 'currency'].map((name) =>
    columns.indexOf(name),
  );
  const mismatch = (cells: readonly string[]) => {
    const counts = `The row has ${cells.length} cells, and the header has ${columns.length}.`;
    if (cells.length < cellsMin) return counts;
    const broken = cells.findIndex(
      (cell, index) => /[\r\n]/.test(cell) && !MULTILINE.test(columns[index] ?? ''),
    );
    if (broken >= 0) return `The column ${columns[broken]} cannot contain line breaks.`;
    const stray = cells.findIndex((cell, index) => !columns[index] && cell.trim() !== '');
    if (stray >= columns.length)
      return `${counts} Put cells that contain “${delimiter}” in quotes.`;
    return stray < 0 ? undefined : `Cell ${stray + 1} is not empty, and its column has no name.`;
  };
  return {
    delimiter,
    mismatch,
    looksLikeRow: (cells) =>
      mismatch(cells) === undefined &&
      cells[sku]?.trim() !== '' &&
      /\d/.test(cells[price] ?? '') &&
      /^\s*[a-z]{3}\s*$/i.test(cells[currency] ?? ''),
  };
}
