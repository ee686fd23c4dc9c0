import type { ShopRecord } from '../../shared/store/collections/shops.ts';
import type { Store } from '../../shared/store/store.ts';
import { READ_TIMEOUT_MS } from '../http/bounds.ts';

/** Returns the names of shops by their ids. */
export async function readShopNames(
  store: Store,
  shopIds: readonly string[],
): Promise<Map<string, string>> {
  if (shopIds.length === 0) return new Map();
  const shops = await store.shops
    .find<Pick<ShopRecord, '_id' | 'name'>>(
      { _id: { $in: [...new Set(shopIds)] } },
      { projection: { name: 1 }, maxTimeMS: READ_TIMEOUT_MS },
    )
    .toArray();
  return new Map(shops.map(({ _id, name }) => [_id, name]));
}
