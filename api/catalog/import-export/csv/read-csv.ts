import { createHash } from 'node:crypto';
import { VARIANTS_PER_PRODUCT_MAX } from '../../../../shared/contract/limits.ts';
import { FileFault, type LineFault, type Parsed } from '../read/candidate.ts';
import type { TextLine } from '../read/text-lines.ts';
import { type CsvHeader, noHeader, readHeader } from './csv-header.ts';
import { type BadRecord, type CsvRecord, CsvRecords } from './csv-records.ts';
import { type CsvRow, isBlank, readRow, type UnreadRow } from './csv-row.ts';
import { OpenProduct } from './open-product.ts';

/** Excel's way to name the delimiter, on a line above the header. */
const NAMED_DELIMITER = /^"?sep=([^"])"?[,;\t|]*$/i;
const BLANK_LINE = /^[\s",;|]*$/;

/**
 * Reads products from lines of CSV; rows that follow each other with one key make one product. A
 * product that may lack a row, because that cannot be read, is refused and not cut short.
 */
export class CsvReader {
  readonly #keys = new SeenKeys();
  #delimiter: string | undefined;
  #file: { readonly header: CsvHeader; readonly records: CsvRecords } | undefined;
  #open: OpenProduct | undefined;
  /** Rows that cannot be read; whose they are is known when the next one is read. */
  #unread: UnreadRow[] = [];
  /** The row just before, if it could not be read: it may be one of the product that begins. */
  #before: UnreadRow[] = [];

  /** @throws FileFault when the header is not as it must be */
  push(line: TextLine): Parsed[] {
    if (this.#file === undefined) {
      this.#begin(line);
      return [];
    }
    return this.#file.records.push(line).flatMap((record) => this.#take(record));
  }

  /** @throws FileFault when there is no header */
  end(): Parsed[] {
    if (this.#file === undefined) throw noHeader(1);
    const rest = this.#file.records.end().flatMap((record) => this.#take(record));
    return [...rest, ...this.#close()];
  }

  #begin({ number, text, fault }: TextLine): void {
    if (fault !== undefined) throw new FileFault(fault);
    const named = this.#delimiter === undefined ? NAMED_DELIMITER.exec(text)?.[1] : undefined;
    if (named !== undefined) this.#delimiter = named;
    else if (!BLANK_LINE.test(text)) {
      const header = readHeader(number, text, this.#delimiter);
      this.#file = { header, records: new CsvRecords(header) };
    }
  }

  #take(record: CsvRecord | BadRecord): Parsed[] {
    if (this.#file === undefined || (!('fault' in record) && isBlank(record))) return [];
    const row = readRow(this.#file.header, record);
    return 'fault' in row ? this.#takeUnread(row) : this.#takeRow(row);
  }

  #takeUnread(row: UnreadRow): Parsed[] {
    this.#unread.push(row);
    this.#before = [row];
    if (row.key !== undefined) this.#keys.take({ key: row.key, line: row.line });
    const waits = this.#open !== undefined && this.#unread.length <= VARIANTS_PER_PRODUCT_MAX;
    return waits ? [] : this.#close();
  }

  #takeRow(row: CsvRow): Parsed[] {
    const before = this.#before;
    this.#before = [];
    if (this.#open?.has(row) === true) {
      for (const unread of this.#unread) this.#open.addUnread(unread);
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
    const alone = unread.map(
      ({ fault, line, lastLine }): Parsed => ({ faults: [fault], rows: [{ line, lastLine }] }),
    );
    return open === undefined ? alone : [open.parsed(), ...alone];
  }
}

/**
 * The keys that a file has had. A file is read as it arrives, so the rows of a product must follow
 * each other: what came before may be stored by now. Only a digest of each key is kept, since a key
 * may be as long as a line.
 */
class SeenKeys {
  readonly #lines = new Map<string, number>();

  /** Takes a key whose rows begin here. @returns what is wrong if there have been rows of it */
  take({ key, line }: Pick<CsvRow, 'key' | 'line'>): LineFault | undefined {
    if (key === '') return undefined;
    const digest = createHash('sha256').update(key).digest('base64');
    const before = this.#lines.get(digest);
    if (before === undefined) {
      this.#lines.set(digest, line);
      return undefined;
    }
    const message = `The rows of a product must follow each other: line ${before} has this key too.`;
    return { line, path: 'product', code: 'invalid_request', message };
  }
}
