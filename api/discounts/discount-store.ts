import type { DiscountStatus } from '../../shared/domain/discounts/discount-status.ts';
import { toCodeKey } from '../../shared/domain/discounts/terms.ts';
import { RefusedError } from '../../shared/domain/errors.ts';
import type { DiscountRecord } from '../../shared/store/collections/discounts.ts';
import type { Store } from '../../shared/store/store.ts';
import { discountsOwnedBy } from '../access/visibility.ts';
import { READ_TIMEOUT_MS } from '../http/bounds.ts';
import type { Principal } from '../http/principal.ts';

/** What the list of discounts is narrowed to. */
export interface DiscountFilter {
  readonly status?: DiscountStatus | undefined;
  readonly code?: string | undefined;
}

/** @throws RefusedError not_found unless the discount is the caller's */
export async function findDiscount(
  store: Store,
  principal: Principal,
  discountId: string,
): Promise<DiscountRecord> {
  const found = await store.discounts.findOne<DiscountRecord>(
    { ...discountsOwnedBy(principal), _id: discountId },
    { maxTimeMS: READ_TIMEOUT_MS },
  );
  if (found !== null) return found;
  throw new RefusedError('not_found', 'There is no such discount of this shop.');
}

/** Newest first, beginning after the discount `after`; one more than `limit`, if there is one. */
export async function listDiscounts(
  store: Store,
  principal: Principal,
  { status, code }: DiscountFilter,
  page: { readonly limit: number; readonly after: string | undefined; readonly now: Date },
): Promise<DiscountRecord[]> {
  const { limit, after, now } = page;
  const filter = {
    ...discountsOwnedBy(principal),
    ...(code !== undefined && { codeKey: toCodeKey(code) }),
    ...(status !== undefined && whereStatus(status, now)),
    ...(after !== undefined && { _id: { $lt: after } }),
  };
  return store.discounts
    .find<DiscountRecord>(filter, { maxTimeMS: READ_TIMEOUT_MS })
    .sort({ _id: -1 })
    .limit(limit + 1)
    .toArray();
}

/** As `discountStatus` says it. */
function whereStatus(status: DiscountStatus, now: Date) {
  if (status === 'cancelled') return { isActive: false };
  if (status === 'scheduled') return { isActive: true, startsAt: { $gt: now } };
  if (status === 'ended') return { isActive: true, endsAt: { $lte: now } };
  return { isActive: true, startsAt: { $lte: now }, endsAt: { $gt: now } };
}
