import type { Api } from '../system/api.ts';
import { runConcurrently } from '../system/run-concurrently.ts';
import {
  importProducts,
  listShopProducts,
  publishProduct,
  readLevel,
  type ShopProduct,
  setOnHand,
} from '../system/stock-products.ts';
import type { Catalog, CatalogItem } from './csv/catalog.ts';

/** The shop's products by SKU of the catalogue. */
export type Assortment = ReadonlyMap<string, ShopProduct>;

/** How to run many requests. */
export interface ShopWork {
  readonly concurrency: number;
  /** Called with the number of finished items. An error that it throws ends the work. */
  readonly onProgress: (done: number) => void;
}

const CURRENCY = 'GBP';
/**
 * How often the products are listed, each time to create or publish what is missing. A list also
 * contains the products whose creation succeeded although its response was lost.
 */
const ROUNDS_MAX = 4;
const IMPORT_PRODUCTS_MAX = 5_000;
const HASH_LENGTH = 8;
/** The stock of a product that has no level yet. */
const EMPTY = { onHand: 0, reserved: 0 };

/**
 * Creates and publishes a product for each item of the catalogue. SKUs begin with the catalogue's
 * hash, so that a run reuses the products of its own catalogue and of no other catalogue.
 * @throws Error if the shop still does not list all products as published at the fourth time
 */
export async function importCatalog(
  api: Api,
  catalog: Catalog,
  { concurrency, onProgress }: ShopWork,
): Promise<Assortment> {
  const prefix = `replay-${catalog.hash.slice(0, HASH_LENGTH)}-`;
  const items = [...catalog.items.values()];
  const createdSkus = new Set<string>();
  for (let round = 1; round <= ROUNDS_MAX; round += 1) {
    const assortment = toAssortment(await listShopProducts(api), prefix, createdSkus);
    if (items.every((item) => isForSale(assortment, item))) return assortment;
    const missing = items.filter(({ sku }) => !assortment.has(sku));
    const drafts = [...assortment.values()].filter((product) => !product.isPublished);
    let done = items.length - missing.length - drafts.length;
    onProgress(done);
    for (let from = 0; from < missing.length; from += IMPORT_PRODUCTS_MAX) {
      const chunk = missing.slice(from, from + IMPORT_PRODUCTS_MAX);
      const plans = chunk.map(({ sku, title, price }) => {
        return { sku: `${prefix}${sku}`, title, price, currency: CURRENCY };
      });
      if (await importProducts(api, plans)) for (const { sku } of chunk) createdSkus.add(sku);
      done += chunk.length;
      onProgress(done);
    }
    await runConcurrently(drafts, concurrency, async (product) => {
      await publishProduct(api, product);
      done += 1;
      onProgress(done);
    });
  }
  throw new Error('some SKUs of the catalogue belong to products that the shop does not list');
}

function toAssortment(
  products: ReadonlyMap<string, ShopProduct>,
  prefix: string,
  createdSkus: ReadonlySet<string>,
): Map<string, ShopProduct> {
  const own = [...products].filter(([sku]) => sku.startsWith(prefix));
  return new Map(
    own.map(([shopSku, product]) => {
      const sku = shopSku.slice(prefix.length);
      return [sku, { ...product, isNew: createdSkus.has(sku) }];
    }),
  );
}

function isForSale(assortment: Assortment, { sku }: CatalogItem): boolean {
  return assortment.get(sku)?.isPublished === true;
}

/**
 * Sets the stock so that `plannedUnits(sku)` units are available in addition to the reserved units.
 */
export async function stockShop(
  api: Api,
  assortment: Assortment,
  plannedUnits: (sku: string) => number,
  { concurrency, onProgress }: ShopWork,
): Promise<void> {
  let done = 0;
  await runConcurrently(assortment, concurrency, async ([sku, { variantId, isNew }]) => {
    const { onHand, reserved } = isNew ? EMPTY : await readLevel(api, variantId);
    const units = reserved + plannedUnits(sku);
    if (units !== onHand) await setOnHand(api, variantId, units, 'stock for a replay');
    done += 1;
    onProgress(done);
  });
}
