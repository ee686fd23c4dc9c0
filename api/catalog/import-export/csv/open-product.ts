import { VARIANTS_PER_PRODUCT_MAX } from '../../../../shared/contract/limits.ts';
import type { LineFault, Parsed } from '../read/candidate.ts';
import { type CsvRow, productFields, type UnreadRow } from './csv-row.ts';
import { placeOfRows } from './place-of-rows.ts';

/** The rows of one product, as far as they have been read. */
export class OpenProduct {
  readonly #first: CsvRow;
  readonly #rows: CsvRow[];
  readonly #faults: LineFault[] = [];

  constructor(first: CsvRow) {
    this.#first = first;
    this.#rows = [first];
  }

  has({ key }: Pick<CsvRow, 'key'>): boolean {
    return key !== '' && key === this.#first.key;
  }

  add(row: CsvRow): void {
    for (const [column, cell] of row.product) {
      if (this.#first.product.get(column) === cell) continue;
      const message = 'The first row of the product says otherwise.';
      this.refuse({ line: row.line, path: column, code: 'invalid_request', message });
    }
    // One more than a product may have is enough for it to be refused.
    if (this.#rows.length <= VARIANTS_PER_PRODUCT_MAX) this.#rows.push(row);
  }

  refuse(fault: LineFault): void {
    this.#faults.push(fault);
  }

  /**
   * Refuses the product if one of these rows, which stand at one of its ends, may be its own.
   * @returns whether it is refused
   */
  mayLack(unread: readonly UnreadRow[]): boolean {
    const { line, key: own } = this.#first;
    const row = unread.find(({ key = own }) => this.has({ key }));
    if (row === undefined) return false;
    const message = `The row on line ${row.fault.line} cannot be read, and may be one of this product.`;
    this.refuse({ line, path: '', code: 'malformed_csv', message });
    return true;
  }

  parsed(): Parsed {
    if (this.#faults.length > 0) return { faults: this.#faults };
    const rows = this.#rows;
    const variants = rows.map((row) => row.variant);
    const value = { ...productFields(this.#first.product), variants };
    const length = rows.reduce((sum, row) => sum + row.length, 0);
    return { line: this.#first.line, value, length, placeOf: placeOfRows(rows) };
  }
}
