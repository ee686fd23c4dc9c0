import { toProductRecord } from '../../../api/catalog/create-product.ts';
import { createApiKey } from '../../../shared/access/api-key-record.ts';
import { ON_HAND_MAX } from '../../../shared/contract/limits.ts';
import { adjustStock } from '../../../shared/ledger/adjust-stock.ts';
import { openStock } from '../../../shared/ledger/stock-levels.ts';
import { noLocks } from '../../../shared/locks/product-locks.ts';
import { systemClock } from '../../../shared/runtime/clock.ts';
import { newId } from '../../../shared/runtime/ids.ts';
import type { Store } from '../../../shared/store/store.ts';
import { inTransaction } from '../../../shared/store/transaction.ts';
import { BrokenRows } from '../../replay/csv/broken-rows.ts';
import { readCatalog } from '../../replay/csv/catalog.ts';

const PRODUCTS_AT_ONCE = 500;
/** Every n-th product is in stock. */
const STOCKED_EVERY = 2;

/** The catalogue to search, and the API key to search it with. */
export interface SearchedCatalogue {
  readonly apiKey: string;
  readonly titles: readonly string[];
}

/** Publishes a product for each row of a catalogue file and gives some of them stock. */
export async function openSearchedCatalogue(
  store: Store,
  path: string,
  log: (line: string) => void,
): Promise<SearchedCatalogue> {
  const { items } = await readCatalog(path, new BrokenRows(log));
  const shopId = newId('shp');
  const createdAt = new Date();
  const email = `${shopId.toLowerCase()}@example.com`;
  await store.shops.insertOne({ _id: shopId, name: 'Searched', email, createdAt });
  const products = [...items.values()].map(({ sku, title, price }) => {
    const variants = [{ sku, price, currency: 'GBP' as const }];
    const request = { title, type: 'furniture', variants };
    return { ...toProductRecord(shopId, request, createdAt), status: 'published' as const };
  });
  for (let start = 0; start < products.length; start += PRODUCTS_AT_ONCE) {
    const batch = products.slice(start, start + PRODUCTS_AT_ONCE);
    const levels = batch.flatMap(({ _id: productId, variants }) =>
      variants.map(({ id }) => ({ _id: id, productId, shopId })),
    );
    await inTransaction(store, async (session) => {
      await store.products.insertMany(batch, { session });
      await openStock(store, session, levels);
    });
    const stocked = levels.filter((_, index) => index % STOCKED_EVERY === 0);
    await adjustStock(
      { store, locks: noLocks, clock: systemClock, reservationTtlMs: 0 },
      stocked.map(({ _id: variantId, productId }) => ({
        ...{ movementId: newId('mov'), variantId, productId, amount: { set: 1 } },
        ...{ reason: 'delivery', actor: 'bench', onHandMax: ON_HAND_MAX },
      })),
    );
  }
  const scopes = ['catalog:read'] as const;
  const { apiKey } = await createApiKey(store, { shopId, name: 'search', scopes }, createdAt);
  return { apiKey, titles: products.map(({ title }) => title) };
}
