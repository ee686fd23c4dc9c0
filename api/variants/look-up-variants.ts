import type { z } from 'zod';
import type { ProductRecord } from '../../shared/store/collections/products.ts';
import type { Store } from '../../shared/store/store.ts';
import { isMetadataVisibleTo, productsVisibleTo } from '../access/visibility.ts';
import { presentVariant, toShownStatus } from '../catalog/present-product.ts';
import { readAvailable } from '../catalog/product-store.ts';
import { READ_TIMEOUT_MS } from '../http/bounds.ts';
import type { Principal } from '../http/principal.ts';
import { readShopNames } from '../shops/shop-names.ts';
import type { variantBatch } from './schemas.ts';

type FoundProduct = Pick<ProductRecord, '_id' | 'shopId' | 'title' | 'status' | 'variants'>;

const SHOWN = { shopId: 1, title: 1, status: 1, variants: 1 } as const;

/** Looks up the variants with these ids that the caller may see, and lists the other ids. */
export async function lookUpVariants(
  store: Store,
  principal: Principal,
  ids: readonly string[],
): Promise<z.output<typeof variantBatch>> {
  const [products, available] = await Promise.all([
    store.products
      .find<FoundProduct>(
        { $and: [{ 'variants.id': { $in: [...ids] } }, productsVisibleTo(principal)] },
        { projection: SHOWN, maxTimeMS: READ_TIMEOUT_MS },
      )
      .toArray(),
    readAvailable(store, '_id', ids),
  ]);
  const shopIds = products.map(({ shopId }) => shopId);
  const names = await readShopNames(store, shopIds);
  const shown = products.flatMap(({ _id: productId, title: productTitle, shopId, ...product }) =>
    product.variants.map((variant) => ({
      ...presentVariant(variant, available, isMetadataVisibleTo(principal, { shopId })),
      ...{ productId, productTitle, shopId, shopName: names.get(shopId) ?? '' },
      status: toShownStatus(product),
    })),
  );
  const byId = new Map(shown.map((variant) => [variant.id, variant]));
  return {
    items: ids.flatMap((id) => byId.get(id) ?? []),
    notFound: ids.filter((id) => !byId.has(id)),
  };
}
