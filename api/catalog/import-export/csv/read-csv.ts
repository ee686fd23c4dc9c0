import { VARIANTS_PER_PRODUCT_MAX } from '../../../../shared/contract/limits.ts';
import { FileFault, type LineFault, type Parsed } from '../read/candidate.ts';
import type { TextLine } from '../read/text-lines.ts';
import { type CsvColumns, columnsOf, REQUIRED_COLUMNS } from './csv-columns.ts';
import { type CsvRecord, CsvRecords } from './csv-records.ts';
import { type CsvRow, rowOf, type UnreadRow } from './csv-row.ts';
import { OpenProduct } from './open-product.ts';
import { SeenKeys } from './seen-keys.ts';

/**
 * Reads products from lines of CSV; rows that follow each other with one key make one product. A
 * product of which a row may be missing, as that cannot be read, is refused and not cut short.
 */
export class CsvReader {
  readonly #records = new CsvRecords();
  readonly #keys = new SeenKeys();
  #columns: CsvColumns | undefined;
  #open: OpenProduct | undefined;
  /** Rows that cannot be read; whose they are is known when the next one is read. */
  #unread: UnreadRow[] = [];
  /** The row just before, if it could not be read: it may be one of the product that begins. */
  #before: UnreadRow[] = [];

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
    const row = 'code' in record ? { fault: record } : rowOf(this.#columns, record);
    return 'fault' in row ? this.#takeUnread(row) : this.#takeRow(row);
  }

  #takeUnread(row: UnreadRow): Parsed[] {
    this.#unread.push(row);
    this.#before = [row];
    if (row.key !== undefined) this.#keys.take({ key: row.key, line: row.fault.line });
    const waits = this.#open !== undefined && this.#unread.length <= VARIANTS_PER_PRODUCT_MAX;
    return waits ? [] : this.#close();
  }

  #takeRow(row: CsvRow): Parsed[] {
    const before = this.#before;
    this.#before = [];
    if (this.#open?.has(row) === true) {
      for (const { fault } of this.#unread) this.#open.refuse(fault);
      this.#unread = [];
      this.#open.add(row);
      return [];
    }
    const closed = this.#close();
    this.#open = new OpenProduct(row);
    const repeated = this.#keys.take(row);
    if (!this.#open.mayLack(before) && repeated !== undefined) this.#open.refuse(repeated);
    return closed;
  }

  #close(): Parsed[] {
    const open = this.#open;
    const unread = this.#unread;
    this.#open = undefined;
    this.#unread = [];
    open?.mayLack(unread);
    const alone = unread.map(({ fault }): Parsed => ({ faults: [fault] }));
    return open === undefined ? alone : [open.parsed(), ...alone];
  }
}
