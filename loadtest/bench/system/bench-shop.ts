import { toProductRecord } from '../../../api/catalog/create-product.ts';
import { createApiKey } from '../../../shared/access/api-key-record.ts';
import type { Scope } from '../../../shared/domain/scopes.ts';
import type { PricedLine } from '../../../shared/domain/vocabulary.ts';
import { adjustStock } from '../../../shared/ledger/adjust-stock.ts';
import { openStock } from '../../../shared/ledger/stock-levels.ts';
import { noLocks } from '../../../shared/locks/product-locks.ts';
import { systemClock } from '../../../shared/runtime/clock.ts';
import { newId } from '../../../shared/runtime/ids.ts';
import type { ProductRecord } from '../../../shared/store/collections/products.ts';
import type { Store } from '../../../shared/store/store.ts';
import { inTransaction } from '../../../shared/store/transaction.ts';
import type { CatalogItem } from '../../replay/csv/catalog.ts';
import { toChunks } from '../chunks.ts';

/** More units than any bench sells. */
const UNITS = 100_000_000;
const ON_HAND_MAX = 1_000_000_000;
const SPREAD_VARIANTS = 100;
const PRICE = 1_900;
const PRODUCTS_PER_WRITE = 500;

/** Creates a shop with an API key that has these scopes. */
export async function openShop(
  store: Store,
  name: string,
  ...scopes: readonly Scope[]
): Promise<{ readonly shopId: string; readonly apiKey: string }> {
  const shopId = newId('shp');
  const createdAt = new Date();
  const email = `${shopId.toLowerCase()}@example.com`;
  await store.shops.insertOne({ _id: shopId, name, email, createdAt });
  const { apiKey } = await createApiKey(store, { shopId, name, scopes }, createdAt);
  return { shopId, apiKey };
}

/**
 * Publishes a product with one variant for each item; the item at `index` gets `units(index)`
 * units.
 */
export async function putOnSale(
  store: Store,
  shopId: string,
  items: readonly CatalogItem[],
  units: (index: number) => number,
): Promise<ProductRecord[]> {
  const createdAt = new Date();
  const products = items.map(({ sku, title, price }) => {
    const request = { title, type: 'furniture', variants: [{ sku, price, currency: 'GBP' }] };
    return { ...toProductRecord(shopId, request, createdAt), status: 'published' as const };
  });
  const deliveries = products.flatMap(({ _id: productId, variants }, index) =>
    variants.map(({ id: variantId }) => ({ variantId, productId, units: units(index) })),
  );
  for (const chunk of toChunks(products, PRODUCTS_PER_WRITE)) {
    await inTransaction(store, async (session) => {
      await store.products.insertMany(chunk, { session });
      await openStock(store, session, chunk);
    });
  }
  const ledger = { store, locks: noLocks, clock: systemClock, reservationTtlMs: 0 };
  const stocked = deliveries.filter((delivery) => delivery.units > 0);
  for (const chunk of toChunks(stocked, PRODUCTS_PER_WRITE)) {
    await adjustStock(
      ledger,
      chunk.map(({ variantId, productId, units: set }) => ({
        ...{ movementId: newId('mov'), variantId, productId, amount: { set } },
        ...{ reason: 'delivery', actor: 'bench', onHandMax: ON_HAND_MAX },
      })),
    );
  }
  return products;
}

/** A shop with practically unlimited stock of one hot SKU and a hundred others. */
export interface BenchShop {
  readonly apiKey: string;
  /** A checkout line for one unit of each variant. */
  readonly hot: PricedLine;
  readonly spread: readonly PricedLine[];
}

/** Creates a shop whose one hot SKU and a hundred others are on sale. */
export async function openBenchShop(store: Store): Promise<BenchShop> {
  const { shopId, apiKey } = await openShop(store, 'Bench', 'checkouts:write');
  const items = Array.from({ length: 1 + SPREAD_VARIANTS }, (_, index) => {
    return { sku: `BENCH-${index}`, title: `Thing ${index}`, price: PRICE };
  });
  const products = await putOnSale(store, shopId, items, () => UNITS);
  const [hot, ...spread] = products.flatMap(toPricedLines);
  if (hot === undefined) throw new RangeError('the shop sells nothing');
  return { apiKey, hot, spread };
}

function toPricedLines({ _id: productId, shopId, title, variants }: ProductRecord): PricedLine[] {
  return variants.map(({ id, sku, price }) => {
    return { variantId: id, productId, shopId, sku, title, quantity: 1, unitPrice: price };
  });
}
