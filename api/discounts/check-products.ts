import { RefusedError } from '../../shared/domain/errors.ts';
import type { Store } from '../../shared/store/store.ts';
import { productsOwnedBy } from '../access/visibility.ts';
import { READ_TIMEOUT_MS } from '../http/bounds.ts';
import type { Principal } from '../http/principal.ts';
import type { DiscountRequest } from './schemas.ts';

const NAMED_MAX = 20;

/**
 * Checks that a discount is on products of its own shop; drafts may be among them.
 * @param had products that it is on already, which may have been deleted since
 * @throws RefusedError unknown_product, naming those that are not, up to twenty
 */
export async function checkProducts(
  store: Store,
  principal: Principal,
  appliesTo: DiscountRequest['appliesTo'] | undefined,
  had: readonly string[] = [],
): Promise<void> {
  if (appliesTo === undefined || appliesTo === 'all') return;
  const { productIds } = appliesTo;
  const known = new Set(had);
  const added = productIds.filter((id) => !known.has(id));
  if (added.length === 0) return;
  const owned = { ...productsOwnedBy(principal), _id: { $in: added } };
  const found = await store.products
    .find<{ _id: string }>(owned, { projection: { _id: 1 }, maxTimeMS: READ_TIMEOUT_MS })
    .toArray();
  for (const { _id } of found) known.add(_id);
  const fields = productIds.flatMap((id, index) => {
    const path = `appliesTo.productIds.${index}`;
    return known.has(id) ? [] : [{ path, message: 'The shop has no such product.' }];
  });
  if (fields.length === 0) return;
  const detail = 'A discount is on products of its own shop.';
  throw new RefusedError('unknown_product', detail, fields.slice(0, NAMED_MAX));
}
