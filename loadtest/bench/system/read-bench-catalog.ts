import { BrokenRows } from '../../replay/csv/broken-rows.ts';
import { type CatalogItem, readCatalog } from '../../replay/csv/catalog.ts';
import type { Log } from './bench-services.ts';

/**
 * Reads the catalogue of a bench, all of which must become products.
 * @throws Error if the catalogue has a broken row or no products
 */
export async function readBenchCatalog(path: string, log: Log): Promise<CatalogItem[]> {
  const broken = new BrokenRows(log);
  const { items } = await readCatalog(path, broken);
  if (broken.count > 0) throw new Error(`broken rows in ${path}: ${broken.count}`);
  if (items.size === 0) throw new Error(`no products in ${path}`);
  return [...items.values()];
}
