import type { ProductRequest } from '../../schemas.ts';
import { PRODUCT_COLUMNS } from './csv-header.ts';
import { cellOfAttribute, fieldCells, VARIANT_COLUMNS } from './csv-values.ts';
import { guard } from './formula-guard.ts';

/** Columns of every file that we write; those of options and attributes come after them. */
const COLUMNS = [...PRODUCT_COLUMNS, ...Object.values(VARIANT_COLUMNS)];
/** Whatever some program may split at, so that most of them read the same cells. */
const NEEDS_QUOTES = /[",;|\t\r\n]/;
const BYTE_ORDER_MARK = '\ufeff';

/** How a file is written: Excel wants a byte order mark and, in many countries, semicolons. */
export interface CsvStyle {
  readonly delimiter: string;
  readonly bom: boolean;
}

/** Writes products as rows of CSV (RFC 4180), one for each variant, as `CsvReader` reads them. */
export class CsvWriter {
  /** The columns `options.…` and `attributes.…` that are needed. */
  readonly #named: readonly string[];
  readonly #style: CsvStyle;

  constructor(named: readonly string[], style: CsvStyle = { delimiter: ',', bom: false }) {
    this.#named = named;
    this.#style = style;
  }

  header(): string {
    return (this.#style.bom ? BYTE_ORDER_MARK : '') + this.#row([...COLUMNS, ...this.#named]);
  }

  /**
   * @param key tells the rows of one product from those of the next
   * @throws Error when it has an option or an attribute for which there is no column
   */
  product(key: string, request: ProductRequest): string {
    const { title, description = '', type, attributes = {}, variants } = request;
    const ofProduct = namedCells('attributes', attributes);
    return variants
      .map((variant, index) => {
        const isFirst = index === 0;
        const cells = [key, ...(isFirst ? [title, description, type] : ['', '', ''])];
        const named = new Map([
          ...namedCells('options', variant.options ?? {}),
          ...(isFirst ? ofProduct : []),
        ]);
        return this.#row([...cells, ...fieldCells(variant), ...this.#cellsOf(named)]);
      })
      .join('');
  }

  #row(cells: readonly string[]): string {
    return `${cells.map(cellOf).join(this.#style.delimiter)}\r\n`;
  }

  #cellsOf(named: ReadonlyMap<string, string>): string[] {
    const cells = this.#named.map((name) => named.get(name) ?? '');
    if (cells.filter(Boolean).length === named.size) return cells;
    throw new Error('a product has got an option or an attribute since the columns were written');
  }
}

function namedCells(kind: string, values: Readonly<Record<string, unknown>>): [string, string][] {
  return Object.entries(values).map(([name, value]) => [`${kind}.${name}`, cellOfAttribute(value)]);
}

function cellOf(text: string): string {
  const guarded = guard(text);
  return NEEDS_QUOTES.test(guarded) ? `"${guarded.replaceAll('"', '""')}"` : guarded;
}
