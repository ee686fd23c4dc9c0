import type { DiscountStatus } from '../../shared/domain/discounts/discount-status.ts';
import { toCodeKey } from '../../shared/domain/discounts/terms.ts';
import { RefusedError } from '../../shared/domain/errors.ts';
import type { DiscountRecord } from '../../shared/store/collections/discounts.ts';
import type { Store } from '../../shared/store/store.ts';
import { discountsOwnedBy, productsOwnedBy } from '../access/visibility.ts';
import { findProducts, type StockedProduct } from '../catalog/product-store.ts';
import { READ_TIMEOUT_MS } from '../http/bounds.ts';
import { listTiedTo, type PageRequest, readNewestFirst } from '../http/paging.ts';
import type { Principal } from '../http/principal.ts';
import { presentDiscount } from './present-discount.ts';
import type { DiscountsQuery } from './schemas.ts';

/**
 * Finds a discount by its id.
 * @throws RefusedError not_found unless the discount belongs to the caller's shop
 */
export async function findDiscount(
  store: Store,
  principal: Principal,
  discountId: string,
): Promise<DiscountRecord> {
  const record = await store.discounts.findOne<DiscountRecord>(
    { ...discountsOwnedBy(principal), _id: discountId },
    { maxTimeMS: READ_TIMEOUT_MS },
  );
  if (record !== null) return record;
  throw new RefusedError('not_found', 'The shop has no such discount.');
}

/**
 * Lists the discounts of the caller's shop with their status at `now`, newest first.
 * @throws RefusedError invalid_request if the cursor is invalid or belongs to another list
 */
export function listDiscounts(
  store: Store,
  principal: Principal,
  { status, code, ...page }: DiscountsQuery,
  now: Date,
) {
  const filter = {
    ...discountsOwnedBy(principal),
    ...(code !== undefined && { codeKey: toCodeKey(code) }),
    ...(status !== undefined && whereStatus(status, now)),
  };
  const list = listTiedTo('discounts', { status, code });
  const present = (record: DiscountRecord) => presentDiscount(record, now);
  return readNewestFirst(store.discounts, filter, { list, ...page }, present);
}

/** Returns the filter for discounts with a status. It must agree with `discountStatus`. */
function whereStatus(status: DiscountStatus, now: Date) {
  if (status === 'cancelled') return { isActive: false };
  if (status === 'scheduled') return { isActive: true, startsAt: { $gt: now } };
  if (status === 'ended') return { isActive: true, endsAt: { $lte: now } };
  return { isActive: true, startsAt: { $lte: now }, endsAt: { $gt: now } };
}

/**
 * Lists the products that a discount applies to, newest first: the products that it names,
 * including drafts, or all published products of the shop. Returns up to `limit` products that are
 * older than the id `after`, and one more, which shows that there is another page.
 */
export async function listDiscountedProducts(
  store: Store,
  principal: Principal,
  { productIds }: Pick<DiscountRecord, 'productIds'>,
  { limit, after }: PageRequest,
): Promise<StockedProduct[]> {
  const owned = productsOwnedBy(principal);
  const conditions = [
    owned,
    productIds === undefined ? { status: 'published' as const } : { _id: { $in: [...productIds] } },
    ...(after === undefined ? [] : [{ _id: { $lt: after } }]),
  ];
  const page = await store.products
    .find<{ _id: string }>(
      { $and: conditions },
      { projection: { _id: 1 }, maxTimeMS: READ_TIMEOUT_MS },
    )
    .sort({ _id: -1 })
    .limit(limit + 1)
    .toArray();
  const ids = page.map(({ _id }) => _id);
  const products = await findProducts(store, owned, ids);
  return ids.flatMap((id) => products.get(id) ?? []);
}
