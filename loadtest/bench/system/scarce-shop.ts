import type { Scope } from '../../../shared/domain/scopes.ts';
import type { Store } from '../../../shared/store/store.ts';
import { openShop, putOnSale } from './bench-shop.ts';

/** The scarce product sells out, so that refusals are judged too. */
const PRODUCTS = [
  { sku: 'SCARCE', units: 300 },
  { sku: 'PLENTY', units: 1_000_000 },
];

/**
 * Creates a shop with a scarce product and one with plenty of units, in this order, and a key with
 * these scopes.
 */
export async function openScarceShop(store: Store, name: string, ...scopes: readonly Scope[]) {
  const { shopId, apiKey } = await openShop(store, name, ...scopes);
  const items = PRODUCTS.map(({ sku }) => ({ sku, title: sku, price: 1_000 }));
  const products = await putOnSale(store, shopId, items, (index) => PRODUCTS[index]?.units ?? 0);
  return { apiKey, variantIds: products.flatMap(({ variants }) => variants.map(({ id }) => id)) };
}
