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
import type { StockPlan } from './options.ts';

/** The shop's product for each SKU of the catalogue. */
export type Assortment = ReadonlyMap<string, ShopProduct>;

/** How to do many things to a shop. */
export interface ShopWork {
  readonly concurrency: number;
  /** Told how many are done; what it throws ends the work. */
  readonly onProgress: (done: number) => void;
}

const CURRENCY = 'GBP';
/** A product that a cut connection kept from us is found when all are listed again. */
const ROUNDS_MAX = 4;
const IMPORT_PRODUCTS_MAX = 5_000;
const HASH_LENGTH = 8;
/** What a product has in stock that nobody has stocked. */
const EMPTY = { onHand: 0, reserved: 0 };

/**
 * Makes the shop sell everything in the catalogue, under SKUs that begin with the catalogue's own
 * name: products of an earlier run with the same catalogue are used again, another catalogue's
 * prices never are.
 */
export async function importCatalog(
  api: Api,
  catalog: Catalog,
  { concurrency, onProgress }: ShopWork,
): Promise<Assortment> {
  const prefix = `replay-${catalog.hash.slice(0, HASH_LENGTH)}-`;
  const items = [...catalog.items.values()];
  const isMade = new Set<string>();
  for (let round = 1; round <= ROUNDS_MAX; round += 1) {
    const assortment = toAssortment(await listShopProducts(api), prefix, isMade);
    if (items.every((item) => isForSale(assortment, item))) return assortment;
    const missing = items.filter(({ sku }) => !assortment.has(sku));
    const drafts = [...assortment.values()].filter((product) => !product.isPublished);
    let done = items.length - missing.length - drafts.length;
    onProgress(done);
    for (let from = 0; from < missing.length; from += IMPORT_PRODUCTS_MAX) {
      const part = missing.slice(from, from + IMPORT_PRODUCTS_MAX);
      const plans = part.map(({ sku, title, price }) => {
        return { sku: `${prefix}${sku}`, title, price, currency: CURRENCY };
      });
      if (await importProducts(api, plans)) for (const { sku } of part) isMade.add(sku);
      done += part.length;
      onProgress(done);
    }
    await runConcurrently(drafts, concurrency, async (product) => {
      await publishProduct(api, product);
      done += 1;
      onProgress(done);
    });
  }
  throw new Error('some SKUs of the catalogue are taken by products that the shop does not list');
}

function toAssortment(
  products: ReadonlyMap<string, ShopProduct>,
  prefix: string,
  isMade: ReadonlySet<string>,
): Map<string, ShopProduct> {
  const ours = [...products].filter(([sku]) => sku.startsWith(prefix));
  return new Map(
    ours.map(([full, product]) => {
      const sku = full.slice(prefix.length);
      return [sku, { ...product, isNew: isMade.has(sku) }];
    }),
  );
}

function isForSale(assortment: Assortment, { sku }: CatalogItem): boolean {
  return assortment.get(sku)?.isPublished === true;
}

/** How many units of each SKU can be bought at the start. */
export function unitsPlanned(plan: StockPlan, demanded: number): number {
  if (plan === 'exact') return demanded;
  return plan === 'half' ? Math.floor(demanded / 2) : plan;
}

/** Sets the stock so that `plannedUnits(sku)` can be bought, beside what is reserved already. */
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
