import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { pipeline } from 'node:stream/promises';
import { BrokenRows } from './csv/broken-rows.ts';
import { type Catalog, readCatalog } from './csv/catalog.ts';
import { type Invoice, readInvoices } from './csv/invoices.ts';
import type { ReplayOptions } from './options.ts';

/** The totals of the invoices of a replay, computed before it starts. */
export interface Survey {
  readonly invoices: number;
  /** The file rows of these invoices. */
  readonly rows: number;
  /** Units by SKU. */
  readonly demand: ReadonlyMap<string, number>;
  /** Times from `parseLocalTime`; undefined if there are no invoices. */
  readonly firstAt?: number;
  readonly lastAt?: number;
}

/** Everything that is read from the files before the replay starts. */
export interface ReplayInputs {
  readonly catalog: Catalog;
  readonly survey: Survey;
  /** Skipped broken rows in both files. */
  readonly brokenRows: number;
  readonly invoicesHash: string;
  /** Streams the same invoices again in the same order. */
  invoices(): AsyncGenerator<Invoice>;
}

/**
 * Reads both files completely, so that every broken row is found before the replay starts.
 * @throws Error if there are broken rows that must not be skipped, if there are no invoices to replay,
 *   or if a file cannot be read
 */
export async function readInputs(
  options: Pick<ReplayOptions, 'catalog' | 'invoices' | 'window' | 'onError'>,
  log: (text: string) => void,
): Promise<ReplayInputs> {
  const broken = new BrokenRows(log);
  const catalog = await readCatalog(options.catalog, broken);
  const source = { path: options.invoices, catalog, window: options.window };
  const survey = await surveyInvoices(readInvoices({ ...source, broken }));
  if (broken.count > 0 && options.onError === 'stop') {
    throw new Error(
      `broken rows: ${broken.count}; nothing was replayed; use --on-error skip to skip them`,
    );
  }
  if (survey.invoices === 0) throw new Error(`${options.invoices} has no invoices to replay`);
  return {
    catalog,
    survey,
    brokenRows: broken.count,
    invoicesHash: await hashFile(options.invoices),
    invoices: () => readInvoices({ ...source, broken: new BrokenRows(() => undefined) }),
  };
}

/** Reads all invoices and adds up their demand. */
async function surveyInvoices(invoices: AsyncIterable<Invoice>): Promise<Survey> {
  const demand = new Map<string, number>();
  const times: { firstAt?: number; lastAt?: number } = {};
  let count = 0;
  let rows = 0;
  for await (const invoice of invoices) {
    count += 1;
    rows += invoice.rows;
    times.firstAt = Math.min(invoice.at, times.firstAt ?? invoice.at);
    times.lastAt = Math.max(invoice.at, times.lastAt ?? invoice.at);
    for (const [sku, units] of invoice.units) demand.set(sku, (demand.get(sku) ?? 0) + units);
  }
  return { invoices: count, rows, demand, ...times };
}

async function hashFile(path: string): Promise<string> {
  const hash = createHash('sha256');
  await pipeline(createReadStream(path), hash);
  return hash.digest('hex');
}
