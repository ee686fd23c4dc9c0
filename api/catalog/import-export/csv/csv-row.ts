import type { LineFault, RowLines } from '../read/candidate.ts';
import { type CsvHeader, PRODUCT_COLUMNS } from './csv-header.ts';
import type { BadRecord, CsvRecord } from './csv-records.ts';
import {
  findAttributeName,
  findTypeName,
  PRODUCT_LIMIT_COLUMNS,
  putField,
  readAttribute,
  readWholeNumber,
} from './csv-values.ts';
import { unguard } from './formula-guard.ts';
import { PRODUCT_FIELD_COLUMNS, PRODUCT_FIELDS, readProductField } from './product-fields.ts';

/** The contents of a row: the fields of its product, and its variant. */
export interface CsvRow extends RowLines {
  /** The length of its text in the file, in characters. */
  readonly length: number;
  /**
   * Consecutive rows with the same key are one product. A row without a key is a separate product.
   */
  readonly key: string;
  /** Cells of the product's columns that are not empty. */
  readonly product: ReadonlyMap<string, string>;
  readonly variant: Readonly<Record<string, unknown>>;
}

/** A row that cannot be read. */
export interface UnreadableRow extends RowLines {
  readonly fault: LineFault;
  /** The key of the row’s product; absent if the fault makes the key unreadable. */
  readonly key?: string;
}

const OPTIONS = 'options.';
const ATTRIBUTES = 'attributes.';

/** Whether all cells are blank, as in rows that spreadsheets leave at the end of a file. */
export function isBlank({ cells }: CsvRecord): boolean {
  return cells.every((cell) => cell.trim() === '');
}

/** Reads a row that fits the header, or returns what is wrong with it. */
export function readRow(header: CsvHeader, record: CsvRecord | BadRecord): CsvRow | UnreadableRow {
  const { line, lastLine, cells } = record;
  const keyIndex = header.columns.indexOf('product');
  const keyCell = keyIndex < 0 ? undefined : cells[keyIndex];
  const key = unguard(keyCell ?? '').trim();
  if ('fault' in record) {
    const { fault } = record;
    return { line, lastLine, fault, ...(keyCell !== undefined && { key }) };
  }
  const mismatch = header.mismatch(cells);
  if (mismatch !== undefined) {
    const fault = { line, path: '', code: 'malformed_csv', message: mismatch } as const;
    // If the number of cells is wrong, only the first cell is certain to be in its column.
    return { line, lastLine, fault, ...(keyIndex === 0 && { key }) };
  }
  const product = new Map<string, string>();
  const variant: Record<string, unknown> = {};
  const options: [string, string][] = [];
  header.columns.forEach((column, index) => {
    const text = unguard(cells[index] ?? '');
    const cell = column === 'description' ? text : text.trim();
    if (cell === '' || column === '' || column === 'product') return;
    if (column === 'type') product.set(column, findTypeName(cell));
    else if (isProductColumn(column)) product.set(column, cell);
    else if (column.startsWith(OPTIONS)) options.push([column.slice(OPTIONS.length), cell]);
    else putField(variant, column, cell);
  });
  if (options.length > 0) variant['options'] = Object.fromEntries(options);
  return { line, lastLine, length: record.length, key, product, variant };
}

function isProductColumn(column: string): boolean {
  return column.startsWith(ATTRIBUTES) || PRODUCT_COLUMNS.some((name) => name === column);
}

/** Converts the cells of a product's columns to the fields of a product request, without variants. */
export function productFields(product: CsvRow['product']): Record<string, unknown> {
  const type = product.get('type') ?? '';
  const attributes = readAttributes(type, product);
  const limit = Object.entries(PRODUCT_LIMIT_COLUMNS).flatMap(([field, column]) => {
    const cell = product.get(column);
    return cell === undefined ? [] : [[field, readWholeNumber(cell)] as const];
  });
  const fields = PRODUCT_FIELDS.flatMap((field) => {
    const cell = product.get(PRODUCT_FIELD_COLUMNS[field]);
    return cell === undefined ? [] : [[field, readProductField(field, cell)] as const];
  });
  return {
    title: product.get('title') ?? '',
    ...(product.has('description') && { description: product.get('description') }),
    type,
    ...(attributes.size > 0 && { attributes: Object.fromEntries(attributes) }),
    ...(limit.length > 0 && { purchaseLimit: Object.fromEntries(limit) }),
    ...Object.fromEntries(fields),
  };
}

/**
 * Reads the attributes of a product. If two columns name the same attribute in different letter
 * case, the second keeps its name as written, which the schema refuses.
 */
function readAttributes(type: string, product: CsvRow['product']): Map<string, unknown> {
  const attributes = new Map<string, unknown>();
  for (const [column, cell] of product) {
    if (!column.startsWith(ATTRIBUTES)) continue;
    const written = column.slice(ATTRIBUTES.length);
    const known = findAttributeName(type, written);
    const name = attributes.has(known) ? written : known;
    attributes.set(name, readAttribute(type, name, cell));
  }
  return attributes;
}
