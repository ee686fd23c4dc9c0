import type { DiscountRecord } from '../../shared/store/collections/discounts.ts';
import type { Store } from '../../shared/store/store.ts';
import { productsOwnedBy } from '../access/visibility.ts';
import { findProducts, type StockedProduct } from '../catalog/product-store.ts';
import { READ_TIMEOUT_MS } from '../http/bounds.ts';
import type { Principal } from '../http/principal.ts';

/**
 * Products that a discount of the caller's applies to: those that it names, drafts among them, or
 * all that the shop has published. Newest first, beginning after the product `after`; one more
 * than `limit`, if there is one.
 */
export async function listDiscounted(
  store: Store,
  principal: Principal,
  { productIds }: Pick<DiscountRecord, 'productIds'>,
  page: { readonly limit: number; readonly after: string | undefined },
): Promise<StockedProduct[]> {
  const { limit, after } = page;
  const owned = productsOwnedBy(principal);
  const filter = {
    ...owned,
    ...(productIds === undefined && { status: 'published' as const }),
    _id: {
      ...(productIds !== undefined && { $in: [...productIds] }),
      ...(after !== undefined && { $lt: after }),
    },
  };
  // An empty condition would ask for an id that is an empty object.
  const { _id, ...rest } = filter;
  const found = await store.products
    .find<{ _id: string }>(Object.keys(_id).length === 0 ? rest : filter, {
      projection: { _id: 1 },
      maxTimeMS: READ_TIMEOUT_MS,
    })
    .sort({ _id: -1 })
    .limit(limit + 1)
    .toArray();
  const ids = found.map((each) => each._id);
  const products = await findProducts(store, owned, ids);
  return ids.flatMap((id) => products.get(id) ?? []);
}
