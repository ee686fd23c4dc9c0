import { readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import { parse } from 'csv-parse/sync';
import { openStock } from '../../../shared/ledger/stock-levels.ts';
import type { Store } from '../../../shared/store/store.ts';
import { inTransaction } from '../../../shared/store/transaction.ts';
import { realFile } from '../../../shared/testing/real-data.ts';
import { toProductRecord } from '../create-product.ts';

const catalog = realFile('catalog.csv.gz');
const PRODUCTS_AT_ONCE = 500;

interface Row {
  readonly sku: string;
  readonly title: string;
  readonly unit_price_pence: string;
}

/**
 * Why the real titles, which are not part of the project, are missing on this machine; undefined if
 * they are present.
 */
export const missingTitles: string | undefined = catalog.missing;

/** Returns the real titles, in the order of the file. */
export function readRealTitles(): string[] {
  return readRows().map(({ title }) => title);
}

function readRows(): Row[] {
  return parse(gunzipSync(readFileSync(catalog.path)), { columns: true });
}

/** Puts a product on sale for each real title, in the order of the file. Returns their number. */
export async function givenRealTitles(store: Store, shopId: string): Promise<number> {
  const rows = readRows();
  for (let start = 0; start < rows.length; start += PRODUCTS_AT_ONCE) {
    const products = rows.slice(start, start + PRODUCTS_AT_ONCE).map((row) => {
      const { sku, title, unit_price_pence: pence } = row;
      const variants = [{ sku, price: Number(pence), currency: 'GBP' as const }];
      const request = { title, type: 'furniture', variants };
      return { ...toProductRecord(shopId, request, new Date()), status: 'published' as const };
    });
    await inTransaction(store, async (session) => {
      await store.products.insertMany(products, { session });
      await openStock(store, session, products);
    });
  }
  return rows.length;
}
