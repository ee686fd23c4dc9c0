import { VARIANTS_PER_PRODUCT_MAX } from '../../../../shared/contract/limits.ts';
import { FileFault, type LineFault, type Parsed } from '../read/candidate.ts';
import type { TextLine } from '../read/text-lines.ts';
import { type CsvColumns, columnsOf, REQUIRED_COLUMNS } from './csv-columns.ts';
import { type CsvRecord, CsvRecords } from './csv-records.ts';
import { type CsvRow, productFields, rowOf } from './csv-row.ts';
import { placeOfRows } from './place-of-rows.ts';

/** The rows of one product, as far as they have been read. */
interface OpenProduct {
  readonly rows: CsvRow[];
  readonly faults: LineFault[];
}

/** Reads products from lines of CSV; rows that follow each other with one key make one product. */
export class CsvReader {
  readonly #records = new CsvRecords();
  #columns: CsvColumns | undefined;
  #open: OpenProduct | undefined;
  /** Rows that cannot be read; whose they are is known when the next one is read. */
  #unread: LineFault[] = [];

  /** @throws FileFault when the header is not as it must be */
  push(line: TextLine): Parsed[] {
    return this.#records.push(line).flatMap((record) => this.#take(record));
  }

  /** @throws FileFault when there is no header */
  end(): Parsed[] {
    const rest = this.#records.end().flatMap((fault) => this.#take(fault));
    if (this.#columns === undefined) {
      const message = `The first row must name the columns: ${REQUIRED_COLUMNS.join(', ')}, …`;
      throw new FileFault({ line: 1, path: '', code: 'invalid_header', message });
    }
    return [...rest, ...this.#close()];
  }

  #take(record: CsvRecord | LineFault): Parsed[] {
    if (this.#columns === undefined) {
      if ('code' in record) throw new FileFault(record);
      this.#columns = columnsOf(record.line, record.cells);
      return [];
    }
    const row = 'code' in record ? record : rowOf(this.#columns, record);
    if ('code' in row) {
      this.#unread.push(row);
      return this.#open === undefined || this.#unread.length > VARIANTS_PER_PRODUCT_MAX
        ? this.#close()
        : [];
    }
    const [first] = this.#open?.rows ?? [];
    if (this.#open === undefined || row.key === '' || first?.key !== row.key) {
      const before = this.#close();
      this.#open = { rows: [row], faults: [] };
      return before;
    }
    this.#addRow(this.#open, row);
    return [];
  }

  #addRow(open: OpenProduct, row: CsvRow): void {
    open.faults.push(...this.#unread);
    this.#unread = [];
    const [first] = open.rows;
    for (const [column, cell] of row.product) {
      if (first?.product.get(column) === cell) continue;
      const message = 'The first row of the product says otherwise.';
      open.faults.push({ line: row.line, path: column, code: 'invalid_request', message });
    }
    // One more than a product may have is enough for it to be refused.
    if (open.rows.length <= VARIANTS_PER_PRODUCT_MAX) open.rows.push(row);
  }

  #close(): Parsed[] {
    const open = this.#open;
    const unread = this.#unread.map((fault): Parsed => ({ faults: [fault] }));
    this.#open = undefined;
    this.#unread = [];
    return open === undefined ? unread : [parsedOf(open), ...unread];
  }
}

function parsedOf({ rows, faults }: OpenProduct): Parsed {
  const [first] = rows;
  if (first === undefined || faults.length > 0) return { faults };
  const variants = rows.map((row) => row.variant);
  const value = { ...productFields(first.product), variants };
  const length = rows.reduce((sum, row) => sum + row.length, 0);
  return { line: first.line, value, length, placeOf: placeOfRows(rows) };
}
