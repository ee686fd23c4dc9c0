import type { CatalogItem } from '../../replay/csv/catalog.ts';
import { startCpuMeter } from '../machine/cpu-meter.ts';
import type { Log } from '../system/bench-services.ts';
import { openShop } from '../system/bench-shop.ts';
import { onBenchedSystem, type SystemReport } from '../system/benched-system.ts';
import { readBenchCatalog } from '../system/read-bench-catalog.ts';

/** The result of the import bench, printed as JSON on the last line. */
export interface ImportReport extends SystemReport {
  /** Whether the import kept within `tookMsMax`. */
  readonly ok: boolean;
  readonly products: number;
  /** From sending the file to receiving the response, when all products are on sale. */
  readonly tookMs: number;
  readonly tookMsMax: number;
}

/**
 * Imports a catalogue as one CSV file over HTTP; all products are published with a stock level.
 * @throws Error if the catalogue has no rows, or a row does not become a product
 */
export async function runImportBench(
  { catalog, importMsMax }: { readonly importMsMax: number; readonly catalog: string },
  log: Log,
): Promise<ImportReport> {
  const items = await readBenchCatalog(catalog, log);
  const body = toCsv(items);
  return onBenchedSystem('import', log, async ({ apiUrl, store }, processes) => {
    const { apiKey } = await openShop(store, 'Imported', 'catalog:write');
    log(`importing ${items.length} products`);
    const stop = startCpuMeter(processes);
    const startedAt = performance.now();
    const response = await fetch(`${apiUrl}/v1/products/import?publish=true`, {
      method: 'POST',
      headers: { 'content-type': 'text/csv', 'x-api-key': apiKey },
      body,
    });
    const answer = await response.text();
    const tookMs = performance.now() - startedAt;
    const use = stop();
    const created = response.ok ? JSON.parse(answer).created : 0;
    if (created !== items.length)
      throw new Error(`the import was answered ${response.status} ${answer}`);
    const times = { tookMs, tookMsMax: importMsMax };
    const figures = { ok: isFastEnough(times), products: items.length, ...times };
    return { figures, uses: [use] };
  });
}

/** Returns whether an import kept within its bound. */
export function isFastEnough({
  tookMs,
  tookMsMax,
}: Pick<ImportReport, 'tookMs' | 'tookMsMax'>): boolean {
  return tookMs <= tookMsMax;
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
