import { createHash } from 'node:crypto';
import { basename } from 'node:path';
import { PRICE_MAX } from '../../../shared/contract/limits.ts';
import type { BrokenRows } from './broken-rows.ts';
import { type Row, readRows } from './rows.ts';

/** An item for sale; `price` is in pence. */
export interface CatalogItem {
  readonly sku: string;
  readonly title: string;
  readonly price: number;
}

/** All items by SKU; `hash` identifies the catalogue. */
export interface Catalog {
  readonly items: ReadonlyMap<string, CatalogItem>;
  readonly hash: string;
}

const COLUMNS = ['sku', 'title', 'unit_price_pence'] as const;
const SKU = /^[\x21-\x7e](?:[\x20-\x7e]{0,46}[\x21-\x7e])?$/;
const TITLE_LENGTH_MAX = 200;
const ITEMS_MAX = 200_000;

/**
 * Reads a catalogue. Reports broken rows and omits them.
 * @throws Error if the file cannot be read, lacks a column or has too many items
 */
export async function readCatalog(path: string, broken: BrokenRows): Promise<Catalog> {
  const items = new Map<string, CatalogItem>();
  const hash = createHash('sha256');
  for await (const rows of readRows(path, COLUMNS)) {
    for (const row of rows) {
      const item = toItem(row, items);
      if (typeof item === 'string') {
        broken.report(basename(path), row.line, item);
        continue;
      }
      items.set(item.sku, item);
      hash.update(JSON.stringify([item.sku, item.title, item.price]));
    }
    if (items.size > ITEMS_MAX) throw new Error(`more than ${ITEMS_MAX} items in ${path}`);
  }
  return { items, hash: hash.digest('hex') };
}

function toItem(
  row: Row<(typeof COLUMNS)[number]>,
  known: ReadonlyMap<string, CatalogItem>,
): CatalogItem | string {
  if ('fault' in row) return row.fault;
  const { sku, title, unit_price_pence: pence } = row.cells;
  if (!SKU.test(sku)) return 'the sku is not 1 to 48 printable ASCII characters';
  if (known.has(sku)) return `the sku ${sku} is already in the catalogue`;
  const price = Number(pence);
  if (!/^\d{1,9}$/.test(pence) || price > PRICE_MAX) {
    return `the price ${JSON.stringify(pence)} is not a whole number from 0 to ${PRICE_MAX}`;
  }
  return { sku, title: title.trim().slice(0, TITLE_LENGTH_MAX) || sku, price };
}
