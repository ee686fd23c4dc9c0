import { createHash } from 'node:crypto';
import { VARIANTS_PER_PRODUCT_MAX } from '../../../../shared/contract/limits.ts';
import {
  type Candidate,
  FileFault,
  type LineFault,
  type Parsed,
  type RowLines,
} from '../read/candidate.ts';
import type { TextLine } from '../read/text-lines.ts';
import { type CsvHeader, type FileContents, noHeader, readHeader } from './csv-header.ts';
import { type BadRecord, type CsvRecord, CsvRecords } from './csv-records.ts';
import { type CsvRow, isBlank, productFields, readRow, type UnreadableRow } from './csv-row.ts';
import { PRODUCT_LIMIT_COLUMNS, priceAdvice, STOCK_COLUMN, VARIANT_COLUMNS } from './csv-values.ts';
import { PRODUCT_FIELD_COLUMNS, PRODUCT_FIELDS } from './product-fields.ts';

/** The line above the header in which Excel names the delimiter. */
const NAMED_DELIMITER = /^"?sep=([^"])"?[,;\t|]*$/i;
const BLANK_LINE = /^[\s",;|]*$/;
const VARIANT_PATH = /^variants\.(\d+)(?:\.(.+))?$/s;
const TOO_MANY_ROWS = `A product may have at most ${VARIANTS_PER_PRODUCT_MAX} rows, one for each variant.`;

/**
 * Reads products from lines of CSV. Consecutive rows with the same key make one product. A product
 * is refused if an unreadable row may belong to it.
 */
export class CsvReader {
  readonly #keys = new SeenKeys();
  readonly #contents: FileContents;
  #delimiter: string | undefined;
  #file: { readonly header: CsvHeader; readonly records: CsvRecords } | undefined;
  #open: OpenProduct | undefined;
  /** Unreadable rows. The next readable row decides to which product they belong. */
  #unreadable: UnreadableRow[] = [];
  /** The previous row if it is unreadable: it may belong to the product that begins next. */
  #previousUnreadable: UnreadableRow[] = [];

  constructor(contents: FileContents = { hasStock: false }) {
    this.#contents = contents;
  }

  /** @throws FileFault if the header is invalid */
  push(line: TextLine): Parsed[] {
    if (this.#file === undefined) {
      this.#begin(line);
      return [];
    }
    return this.#file.records.push(line).flatMap((record) => this.#take(record));
  }

  /** @throws FileFault if there is no header */
  end(): Parsed[] {
    if (this.#file === undefined) throw noHeader(1);
    const remaining = this.#file.records.end().flatMap((record) => this.#take(record));
    return [...remaining, ...this.#close()];
  }

  #begin({ number, text, fault }: TextLine): void {
    if (fault !== undefined) throw new FileFault(fault);
    const delimiter = this.#delimiter === undefined ? NAMED_DELIMITER.exec(text)?.[1] : undefined;
    if (delimiter !== undefined) this.#delimiter = delimiter;
    else if (!BLANK_LINE.test(text)) {
      const header = readHeader(number, text, this.#delimiter, this.#contents);
      this.#file = { header, records: new CsvRecords(header) };
    }
  }

  #take(record: CsvRecord | BadRecord): Parsed[] {
    if (this.#file === undefined || (!('fault' in record) && isBlank(record))) return [];
    const row = readRow(this.#file.header, record);
    return 'fault' in row ? this.#addUnreadable(row) : this.#takeRow(row);
  }

  #addUnreadable(row: UnreadableRow): Parsed[] {
    this.#unreadable.push(row);
    this.#previousUnreadable = [row];
    if (row.key !== undefined) this.#keys.add({ key: row.key, line: row.line });
    const canWait = this.#open !== undefined && this.#unreadable.length <= VARIANTS_PER_PRODUCT_MAX;
    return canWait ? [] : this.#close();
  }

  #takeRow(row: CsvRow): Parsed[] {
    const before = this.#previousUnreadable;
    this.#previousUnreadable = [];
    if (this.#open?.isSameProduct(row) === true) {
      for (const unreadable of this.#unreadable) this.#open.refuseFor(unreadable);
      this.#unreadable = [];
      this.#open.add(row);
      return [];
    }
    const closed = this.#close();
    this.#open = new OpenProduct(row);
    const repeated = this.#keys.add(row);
    if (!this.#open.refuseIfIncomplete(before) && repeated !== undefined)
      this.#open.refuse(repeated);
    return closed;
  }

  #close(): Parsed[] {
    const open = this.#open;
    const refusedRows = this.#unreadable;
    this.#open = undefined;
    this.#unreadable = [];
    open?.refuseIfIncomplete(refusedRows);
    const refused = refusedRows.map(
      ({ fault, line, lastLine }): Parsed => ({ faults: [fault], rows: [{ line, lastLine }] }),
    );
    return open === undefined ? refused : [open.parsed(), ...refused];
  }
}

/**
 * The product keys that a file has used. The rows of a product must be consecutive, because the
 * file is read as it arrives and earlier products may already be stored. Only digests are kept,
 * because a key may be as long as a line.
 */
class SeenKeys {
  readonly #lines = new Map<string, number>();

  /**
   * Adds the key of a product's first row, or of an unreadable row. Returns a fault if the key has
   * been used before.
   */
  add({ key, line }: Pick<CsvRow, 'key' | 'line'>): LineFault | undefined {
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

/** The rows of one product that have been read so far. */
class OpenProduct {
  readonly #first: CsvRow;
  readonly #rows: CsvRow[];
  readonly #lines: RowLines[];
  readonly #faults: LineFault[] = [];

  constructor(first: CsvRow) {
    this.#first = first;
    this.#rows = [first];
    this.#lines = [first];
  }

  isSameProduct({ key }: Pick<CsvRow, 'key'>): boolean {
    return key !== '' && key === this.#first.key;
  }

  add(row: CsvRow): void {
    this.#lines.push({ line: row.line, lastLine: row.lastLine });
    // One row more than the maximum is enough to refuse the product. The cells of further rows are
    // not compared, because each of them could add a fault.
    if (this.#rows.length > VARIANTS_PER_PRODUCT_MAX) return;
    this.#rows.push(row);
    for (const [column, cell] of row.product) {
      if (this.#first.product.get(column) === cell) continue;
      const message = `Line ${this.#first.line}, the first row of the product, has another value in this column.`;
      this.refuse({ line: row.line, path: column, code: 'invalid_request', message });
    }
  }

  refuse(fault: LineFault): void {
    this.#faults.push(fault);
  }

  /** Refuses the product because of an unreadable row. */
  refuseFor(row: UnreadableRow): void {
    this.#lines.push(row);
    this.refuse(row.fault);
  }

  /**
   * Refuses the product if one of the unreadable rows may belong to it.
   * @param unreadable rows directly before or after those of the product
   * @returns whether the product is refused
   */
  refuseIfIncomplete(unreadable: readonly UnreadableRow[]): boolean {
    const { line, key: own } = this.#first;
    const row = unreadable.find(({ key = own }) => this.isSameProduct({ key }));
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
    return {
      line: this.#first.line,
      value,
      length,
      rows,
      findPlace: createPlaceFinder(this.#rows),
    };
  }
}

/** Creates a function that finds the row and column of a dotted path of a product request. */
function createPlaceFinder(rows: readonly CsvRow[]): Candidate['findPlace'] {
  const line = rows[0]?.line ?? 0;
  return (path) => {
    if (path === 'variants') return { line, path: 'product', message: TOO_MANY_ROWS };
    const [, index, field = ''] = VARIANT_PATH.exec(path) ?? [];
    if (index === undefined) {
      const [, limit] = /^purchaseLimit\.(quantity|days)$/.exec(path) ?? [];
      const isLimit = limit === 'quantity' || limit === 'days';
      return { line, path: isLimit ? PRODUCT_LIMIT_COLUMNS[limit] : findProductColumn(path) };
    }
    const row = rows[Number(index)];
    const column =
      field === 'onHand'
        ? STOCK_COLUMN
        : (VARIANT_COLUMNS[field.replace(/^metadata\..*$/s, 'metadata')] ?? field);
    const place = { line: row?.line ?? line, path: column };
    if (field !== 'price' && field !== 'compareAtPrice') return place;
    const cell = String(row?.variant[field] ?? '');
    return { ...place, message: priceAdvice(cell, String(row?.variant['currency'] ?? '')) };
  };
}

/**
 * Returns the column of a path in a product request; the path itself if the column has the same
 * name.
 */
function findProductColumn(path: string): string {
  const field = PRODUCT_FIELDS.find((name) => path === name || path.startsWith(`${name}.`));
  return field === undefined ? path : PRODUCT_FIELD_COLUMNS[field];
}
