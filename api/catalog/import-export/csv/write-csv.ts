import type { ProductRequest } from '../../schemas.ts';
import { PRODUCT_COLUMNS } from './csv-header.ts';
import { fieldCells, VARIANT_COLUMNS, writeAttribute } from './csv-values.ts';
import { productFieldCells } from './product-fields.ts';
import { BYTE_ORDER_MARK, type CsvStyle, writeRow } from './write-row.ts';

/** Columns of every exported CSV file of products. Columns of options and attributes follow. */
const COLUMNS = [...PRODUCT_COLUMNS, ...Object.values(VARIANT_COLUMNS)];

/** Writes products as rows of CSV (RFC 4180), one for each variant; `CsvReader` reads them. */
export class CsvWriter {
  /** The columns `options.…` and `attributes.…`. */
  readonly #namedColumns: readonly string[];
  readonly #style: CsvStyle;

  constructor(namedColumns: readonly string[], style: CsvStyle = { delimiter: ',', bom: false }) {
    this.#namedColumns = namedColumns;
    this.#style = style;
  }

  header(): string {
    return (
      (this.#style.bom ? BYTE_ORDER_MARK : '') +
      writeRow([...COLUMNS, ...this.#namedColumns], this.#style)
    );
  }

  /**
   * Returns the rows of a product.
   * @param key distinguishes the rows of a product from the rows of the next product
   * @throws Error if an option or attribute has no column
   */
  product(key: string, request: ProductRequest): string {
    const { title, description = '', type, attributes = {}, variants } = request;
    const { quantity = '', days = '' } = request.purchaseLimit ?? {};
    const productCells = [title, description, type, String(quantity), String(days)];
    productCells.push(...productFieldCells(request));
    const attributeCells = toNamedCells('attributes', attributes);
    return variants
      .map((variant, index) => {
        const isFirst = index === 0;
        const cells = [key, ...(isFirst ? productCells : productCells.map(() => ''))];
        const cellByColumn = new Map([
          ...toNamedCells('options', variant.options ?? {}),
          ...(isFirst ? attributeCells : []),
        ]);
        return writeRow(
          [...cells, ...fieldCells(variant), ...this.#inColumnOrder(cellByColumn)],
          this.#style,
        );
      })
      .join('');
  }

  #inColumnOrder(cellByColumn: ReadonlyMap<string, string>): string[] {
    const cells = this.#namedColumns.map((name) => cellByColumn.get(name) ?? '');
    if (cells.filter(Boolean).length === cellByColumn.size) return cells;
    throw new Error(
      'a product has gained an option or an attribute since the columns were written',
    );
  }
}

function toNamedCells(kind: string, values: Readonly<Record<string, unknown>>): [string, string][] {
  return Object.entries(values).map(([name, value]) => [`${kind}.${name}`, writeAttribute(value)]);
}
