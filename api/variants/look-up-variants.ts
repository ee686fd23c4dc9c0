import type { z } from 'zod';
import type { ProductRecord, VariantRecord } from '../../shared/store/collections/products.ts';
import type { Store } from '../../shared/store/store.ts';
import { productsVisibleTo } from '../access/visibility.ts';
import { presentVariant } from '../catalog/present-product.ts';
import { READ_TIMEOUT_MS } from '../http/bounds.ts';
import type { Principal } from '../http/principal.ts';
import { readAvailable } from '../inventory/stock-store.ts';
import { readShopNames } from '../shops/shop-names.ts';
import type { variantBatch } from './schemas.ts';

type Found = Pick<ProductRecord, '_id' | 'shopId' | 'title' | 'status' | 'variants'>;

const SHOWN = { shopId: 1, title: 1, status: 1, variants: 1 } as const;

/** Looks up the variants with these ids that the principal may see. */
export async function lookUpVariants(
  store: Store,
  principal: Principal,
  ids: readonly string[],
): Promise<z.output<typeof variantBatch>> {
  const [products, available] = await Promise.all([
    findProducts(store, principal, ids),
    readAvailable(store, ids),
  ]);
  const names = await readShopNames(
    store,
    products.map(({ shopId }) => shopId),
  );
  const found = new Map<string, { product: Found; variant: VariantRecord }>();
  for (const product of products) {
    for (const variant of product.variants) found.set(variant.id, { product, variant });
  }
  const items = ids.flatMap((id) => {
    const hit = found.get(id);
    return hit === undefined ? [] : [present(hit.product, hit.variant, { names, available })];
  });
  return { items, notFound: ids.filter((id) => !found.has(id)) };
}

function findProducts(
  store: Store,
  principal: Principal,
  ids: readonly string[],
): Promise<Found[]> {
  return store.products
    .find<Found>(
      { $and: [{ 'variants.id': { $in: [...ids] } }, productsVisibleTo(principal)] },
      { projection: SHOWN, maxTimeMS: READ_TIMEOUT_MS },
    )
    .toArray();
}

interface Lookups {
  readonly names: ReadonlyMap<string, string>;
  readonly available: ReadonlyMap<string, number>;
}

function present(product: Found, variant: VariantRecord, { names, available }: Lookups) {
  const { _id: productId, title: productTitle, shopId } = product;
  return {
    ...presentVariant(variant, available),
    ...{ productId, productTitle, shopId, shopName: names.get(shopId) ?? '' },
    status: product.status === 'published' ? ('published' as const) : ('draft' as const),
  };
}
