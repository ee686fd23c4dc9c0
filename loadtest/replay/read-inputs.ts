import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { pipeline } from 'node:stream/promises';
import { BrokenRows } from './csv/broken-rows.ts';
import { type Catalog, readCatalog } from './csv/catalog.ts';
import { type Invoice, readInvoices } from './csv/invoices.ts';
import type { ReplayOptions } from './options.ts';
import { type Survey, surveyInvoices } from './survey.ts';

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
 * @throws Error if there are broken rows that must not be skipped, or a file cannot be used at all
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
      `${broken.count} broken rows: nothing was replayed; use --on-error skip to skip them`,
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

async function hashFile(path: string): Promise<string> {
  const hash = createHash('sha256');
  await pipeline(createReadStream(path), hash);
  return hash.digest('hex');
}
