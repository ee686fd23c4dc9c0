import type { LineFault } from '../read/candidate.ts';
import { attributeOf } from './attribute-cells.ts';
import type { CsvColumns } from './csv-columns.ts';
import type { CsvRecord } from './csv-records.ts';
import { unguard } from './formula-guard.ts';
import { putField } from './variant-columns.ts';

/** A row taken apart: what it says of its product, by column, and the variant that it is. */
export interface CsvRow {
  readonly line: number;
  readonly length: number;
  /** Rows that follow each other with the same key are one product; without one each is its own. */
  readonly key: string;
  /** Cells of columns about the product that are not empty. */
  readonly product: ReadonlyMap<string, string>;
  readonly variant: Readonly<Record<string, unknown>>;
}

/** A row that cannot be read; `key` is absent where not even that can be told. */
export interface UnreadRow {
  readonly fault: LineFault;
  readonly key?: string;
}

const PRODUCT_COLUMN = /^(?:title|description|type|attributes\..+)$/s;
const OPTIONS = 'options.';
const ATTRIBUTES = 'attributes.';

/** A row of the header's width, or what is wrong with it. */
export function rowOf(columns: CsvColumns, record: CsvRecord): CsvRow | UnreadRow {
  const { line, cells, length } = record;
  if (cells.length !== columns.length) {
    const message = `The row has ${cells.length} cells, and the header has ${columns.length}.`;
    const fault = { line, path: '', code: 'malformed_csv', message } as const;
    // With a cell too many or too few only the first is sure to stand in its column.
    return { fault, ...(columns[0] === 'product' && { key: unguard(cells[0] ?? '') }) };
  }
  const product = new Map<string, string>();
  const variant: Record<string, unknown> = {};
  const options: [string, string][] = [];
  let key = '';
  columns.forEach((column, place) => {
    const cell = unguard(cells[place] ?? '');
    if (column === 'product') key = cell;
    if (cell === '') return;
    if (PRODUCT_COLUMN.test(column)) product.set(column, cell);
    else if (column.startsWith(OPTIONS)) options.push([column.slice(OPTIONS.length), cell]);
    else putField(variant, column, cell);
  });
  if (options.length > 0) variant['options'] = Object.fromEntries(options);
  return { line, length, key, product, variant };
}

/** What the row says of its product, in the form of a product request. */
export function productFields(product: CsvRow['product']): Record<string, unknown> {
  const type = product.get('type') ?? '';
  const attributes = [...product]
    .filter(([column]) => column.startsWith(ATTRIBUTES))
    .map(([column, cell]) => {
      const name = column.slice(ATTRIBUTES.length);
      return [name, attributeOf(type, name, cell)] as const;
    });
  return {
    title: product.get('title') ?? '',
    ...(product.has('description') && { description: product.get('description') }),
    type,
    ...(attributes.length > 0 && { attributes: Object.fromEntries(attributes) }),
  };
}
