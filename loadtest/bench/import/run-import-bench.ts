import { createApiKey } from '../../../shared/access/api-key-record.ts';
import { newId } from '../../../shared/runtime/ids.ts';
import type { Store } from '../../../shared/store/store.ts';
import { BrokenRows } from '../../replay/csv/broken-rows.ts';
import { type CatalogItem, readCatalog } from '../../replay/csv/catalog.ts';
import { startCpuMeter } from '../machine/cpu-meter.ts';
import type { Disturbance } from '../machine/disturbance.ts';
import type { Machine } from '../machine/machine.ts';
import type { BenchOptions } from '../options.ts';
import { onBenchedSystem } from '../system/on-benched-system.ts';

/** The result of the import bench, printed as JSON on the last line. */
export interface ImportReport {
  readonly at: string;
  /** Whether the import kept within `tookMsMax`. */
  readonly ok: boolean;
  readonly products: number;
  /** From sending the file to receiving the response, when all products are on sale. */
  readonly tookMs: number;
  readonly tookMsMax: number;
  readonly machine: Machine;
  readonly disturbance: Disturbance;
}

/**
 * Imports a catalogue as one CSV file over HTTP; all products are published with a stock level.
 * @throws Error if a row does not become a product
 */
export function runImportBench(
  { catalog, importMsMax }: Pick<BenchOptions, 'importMsMax'> & { readonly catalog: string },
  log: (line: string) => void,
): Promise<ImportReport> {
  return onBenchedSystem('import', log, async ({ system, machine, processes, disturbanceIn }) => {
    const { items } = await readCatalog(catalog, new BrokenRows(log));
    const body = toCsv([...items.values()]);
    const apiKey = await openShop(system.store);
    log(`importing ${items.size} products`);
    const stop = startCpuMeter(processes);
    const startedAt = performance.now();
    const response = await fetch(`${system.apiUrl}/v1/products/import?publish=true`, {
      method: 'POST',
      headers: { 'content-type': 'text/csv', 'x-api-key': apiKey },
      body,
    });
    const answer = await response.text();
    const tookMs = performance.now() - startedAt;
    const use = stop();
    const created = response.ok ? JSON.parse(answer).created : 0;
    if (created !== items.size) throw new Error(`importing: ${response.status} ${answer}`);
    return {
      at: new Date().toISOString(),
      ok: tookMs <= importMsMax,
      products: items.size,
      tookMs,
      tookMsMax: importMsMax,
      machine,
      disturbance: disturbanceIn([use]),
    };
  });
}

/** Creates a shop and a key that may import products. */
async function openShop(store: Store): Promise<string> {
  const shopId = newId('shp');
  const createdAt = new Date();
  const email = `${shopId.toLowerCase()}@example.com`;
  await store.shops.insertOne({ _id: shopId, name: 'Imported', email, createdAt });
  const scopes = ['catalog:write'] as const;
  return (await createApiKey(store, { shopId, name: 'import', scopes }, createdAt)).apiKey;
}

function toCsv(items: readonly CatalogItem[]): string {
  const quoted = (text: string) => `"${text.replaceAll('"', '""')}"`;
  const rows = items.map(
    ({ sku, title, price }) => `${quoted(sku)},${quoted(title)},${price},furniture,GBP`,
  );
  return ['sku,title,price,type,currency', ...rows].join('\n');
}

/** Returns the report as text for a terminal. */
export function importReportAsText(report: ImportReport): string {
  const { ok, products, tookMs, tookMsMax, disturbance } = report;
  const verdict = ok ? `within ${tookMsMax} ms` : `SLOWER than the limit of ${tookMsMax} ms`;
  return [
    `${products} products imported over HTTP and on sale in ${tookMs.toFixed(0)} ms: ${verdict}`,
    ...disturbance.warnings.map((warning) => `note: ${warning}`),
  ].join('\n');
}
