import { VARIANTS_PER_PRODUCT_MAX } from '../../../../shared/contract/limits.ts';
import type { Candidate, LineFault, Parsed, RowLines } from '../read/candidate.ts';
import { type CsvRow, productFields, type UnreadRow } from './csv-row.ts';
import { priceAdvice, VARIANT_COLUMNS } from './csv-values.ts';

const VARIANT_PATH = /^variants\.(\d+)(?:\.(.+))?$/s;
const TOO_MANY_ROWS = `A product may have ${VARIANTS_PER_PRODUCT_MAX} rows at most, one for each variant.`;

/** The rows of one product, as far as they have been read. */
export class OpenProduct {
  readonly #first: CsvRow;
  readonly #rows: CsvRow[];
  readonly #lines: RowLines[];
  readonly #faults: LineFault[] = [];

  constructor(first: CsvRow) {
    this.#first = first;
    this.#rows = [first];
    this.#lines = [first];
  }

  has({ key }: Pick<CsvRow, 'key'>): boolean {
    return key !== '' && key === this.#first.key;
  }

  add(row: CsvRow): void {
    for (const [column, cell] of row.product) {
      if (this.#first.product.get(column) === cell) continue;
      const message = `Line ${this.#first.line}, the first of the product, has another value here.`;
      this.refuse({ line: row.line, path: column, code: 'invalid_request', message });
    }
    this.#lines.push({ line: row.line, lastLine: row.lastLine });
    // One more than a product may have is enough for it to be refused.
    if (this.#rows.length <= VARIANTS_PER_PRODUCT_MAX) this.#rows.push(row);
  }

  refuse(fault: LineFault): void {
    this.#faults.push(fault);
  }

  /** Refuses the product because one of its rows cannot be read. */
  addUnread(row: UnreadRow): void {
    this.#lines.push(row);
    this.refuse(row.fault);
  }

  /**
   * Refuses the product if one of these rows, which stand at one of its ends, may be its own.
   * @returns whether it is refused
   */
  mayLack(unread: readonly UnreadRow[]): boolean {
    const { line, key: own } = this.#first;
    const row = unread.find(({ key = own }) => this.has({ key }));
    if (row === undefined) return false;
    const message = `Line ${row.line} cannot be read, and may be a row of this product.`;
    this.refuse({ line, path: '', code: 'malformed_csv', message });
    return true;
  }

  parsed(): Parsed {
    const rows = this.#lines.map(({ line, lastLine }) => ({ line, lastLine }));
    if (this.#faults.length > 0) return { faults: this.#faults, rows };
    const variants = this.#rows.map((row) => row.variant);
    const value = { ...productFields(this.#first.product), variants };
    const length = this.#rows.reduce((sum, row) => sum + row.length, 0);
    return { line: this.#first.line, value, length, rows, placeOf: placesOf(this.#rows) };
  }
}

/** Finds the row and the column in which a dotted path of a product request stands. */
function placesOf(rows: readonly CsvRow[]): Candidate['placeOf'] {
  const line = rows[0]?.line ?? 0;
  return (path) => {
    if (path === 'variants') return { line, path: 'product', message: TOO_MANY_ROWS };
    const [, index, field = ''] = VARIANT_PATH.exec(path) ?? [];
    if (index === undefined) return { line, path };
    const row = rows[Number(index)];
    const column = VARIANT_COLUMNS[field] ?? field;
    const place = { line: row?.line ?? line, path: column };
    if (field !== 'price' && field !== 'compareAtPrice') return place;
    const cell = String(row?.variant[field] ?? '');
    return { ...place, message: priceAdvice(cell, String(row?.variant['currency'] ?? '')) };
  };
}
