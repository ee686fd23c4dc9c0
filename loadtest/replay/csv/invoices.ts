import { basename } from 'node:path';
import { CHECKOUT_LINES_MAX, LINE_QUANTITY_MAX } from '../../../shared/contract/limits.ts';
import type { BrokenRows } from './broken-rows.ts';
import type { Catalog } from './catalog.ts';
import { parseLocalTime } from './local-time.ts';
import { type Row, readRows } from './rows.ts';

/** An invoice whose lines of the same SKU are merged. */
export interface Invoice {
  /** The position among the replayed invoices, from 0. */
  readonly index: number;
  readonly id: string;
  /** Time from `parseLocalTime`. */
  readonly at: number;
  readonly buyerId: string;
  /** Units by SKU. */
  readonly units: ReadonlyMap<string, number>;
  /** The number of rows in the file. */
  readonly rows: number;
}

/** The replayed period: from `from` up to but excluding `to`, as times from `parseLocalTime`. */
export interface InvoiceWindow {
  readonly from?: number | undefined;
  readonly to?: number | undefined;
}

interface InvoiceSource {
  readonly path: string;
  readonly catalog: Pick<Catalog, 'items'>;
  readonly window: InvoiceWindow;
  readonly broken: BrokenRows;
}

const COLUMNS = ['invoice_id', 'timestamp', 'customer_id', 'sku', 'quantity'] as const;
const INVOICE_ID_LENGTH_MAX = 64;
const CUSTOMER_ID_LENGTH_MAX = 128;

type InvoiceRow = Extract<Row<(typeof COLUMNS)[number]>, { readonly cells: unknown }>;

/**
 * Streams the invoices of the window in file order. Reading the same file again returns the same
 * invoices with the same `index`.
 * @throws Error if the file cannot be read or lacks a column
 */
export async function* readInvoices(source: InvoiceSource): AsyncGenerator<Invoice> {
  const { path, catalog, window, broken } = source;
  const file = basename(path);
  const seenIds = new Set<string>();
  let open: OpenInvoice | undefined;
  let index = 0;
  for await (const rows of readRows(path, COLUMNS)) {
    for (const row of rows) {
      if ('fault' in row) {
        broken.report(file, row.line, row.fault);
        continue;
      }
      const id = row.cells.invoice_id;
      const current: OpenInvoice | undefined = open?.id === id ? open : undefined;
      const at = parseLocalTime(row.cells.timestamp);
      const fault =
        findFault(row, catalog, at, current?.units) ?? findIdFault(id, current, seenIds);
      if (fault !== undefined || at === undefined) {
        broken.report(file, row.line, fault ?? 'it has no time');
        continue;
      }
      if (current === undefined && open !== undefined) {
        if (isInWindow(open, window)) yield toInvoice(open, index++);
        open = undefined;
      }
      seenIds.add(id);
      open ??= { id, at, buyerId: resolveBuyer(row), units: new Map(), rows: 0 };
      add(open, row);
    }
  }
  if (open !== undefined && isInWindow(open, window)) yield toInvoice(open, index);
}

type OpenInvoice = { -readonly [Key in keyof Omit<Invoice, 'index' | 'units'>]: Invoice[Key] } & {
  readonly units: Map<string, number>;
};

function isInWindow({ at }: OpenInvoice, { from, to }: InvoiceWindow): boolean {
  return (from === undefined || at >= from) && (to === undefined || at < to);
}

function toInvoice(open: OpenInvoice, index: number): Invoice {
  return { ...open, index };
}

function add(open: OpenInvoice, { cells }: InvoiceRow): void {
  open.units.set(cells.sku, (open.units.get(cells.sku) ?? 0) + Number(cells.quantity));
  open.rows += 1;
}

/** Returns the customer of an invoice, or a guest, who is the same on every replay. */
function resolveBuyer({ cells }: InvoiceRow): string {
  return cells.customer_id.trim() || `guest-${cells.invoice_id}`;
}

function findIdFault(
  id: string,
  current: OpenInvoice | undefined,
  seenIds: ReadonlySet<string>,
): string | undefined {
  if (current !== undefined || !seenIds.has(id)) return undefined;
  return `the rows of invoice ${id} are not consecutive`;
}

function findFault(
  { cells }: InvoiceRow,
  catalog: Pick<Catalog, 'items'>,
  at: number | undefined,
  units: ReadonlyMap<string, number> = new Map(),
): string | undefined {
  const { invoice_id: id, sku, quantity, customer_id: customerId } = cells;
  if (id.trim() === '' || id.length > INVOICE_ID_LENGTH_MAX) {
    return `the invoice_id is not 1 to ${INVOICE_ID_LENGTH_MAX} characters`;
  }
  if (at === undefined) {
    return `the time ${JSON.stringify(cells.timestamp)} is not like 2010-12-01T08:26:00`;
  }
  if (customerId.length > CUSTOMER_ID_LENGTH_MAX) {
    return `the customer_id is longer than ${CUSTOMER_ID_LENGTH_MAX} characters`;
  }
  if (!catalog.items.has(sku)) return `the sku ${JSON.stringify(sku)} is not in the catalogue`;
  const earlierUnits = units.get(sku);
  const total = (earlierUnits ?? 0) + Number(quantity);
  if (!/^[1-9]\d{0,6}$/.test(quantity) || total > LINE_QUANTITY_MAX) {
    return `the quantity ${JSON.stringify(quantity)} is not a whole number from 1, or the invoice has more than ${LINE_QUANTITY_MAX} units of the sku`;
  }
  if (earlierUnits !== undefined || units.size < CHECKOUT_LINES_MAX) return undefined;
  return `invoice ${id} has more than ${CHECKOUT_LINES_MAX} SKUs`;
}
