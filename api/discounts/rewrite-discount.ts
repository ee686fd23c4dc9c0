import { withDeadline } from '../../shared/runtime/deadline.ts';
import { retryOnConflict } from '../../shared/runtime/retry-on-conflict.ts';
import type { DiscountRecord } from '../../shared/store/collections/discounts.ts';
import type { Store } from '../../shared/store/store.ts';
import { StaleReadError } from '../../shared/store/transaction.ts';
import { discountsOwnedBy } from '../access/visibility.ts';
import { WRITE_TIMEOUT_MS } from '../http/bounds.ts';
import type { Principal } from '../http/principal.ts';
import { findDiscount } from './discount-store.ts';

/** A write to a discount, made under the condition of what it was decided on. */
export interface DiscountUpdate {
  readonly $set: Partial<DiscountRecord>;
  readonly $unset?: Readonly<Record<string, ''>>;
  /** Whether it changes what settling decides by: then no use may have come between. */
  readonly isOfUses: boolean;
}

/** What is to become of a discount; undefined when there is nothing to change. */
type Decide = (
  record: DiscountRecord,
) => DiscountUpdate | undefined | Promise<DiscountUpdate | undefined>;

const TRIES_MAX = 20;
const PAUSE_MS_MAX = 20;

/**
 * Changes a discount of the caller's shop as `decide` says of what it is now, which may be asked
 * again. Of changes at the same time each sees what the one before made.
 * @returns the discount as it now stands, and whether that is any different
 * @throws RefusedError not_found, or what `decide` throws; StaleReadError if it never held still
 */
export async function rewriteDiscount(
  store: Store,
  principal: Principal,
  discountId: string,
  decide: Decide,
): Promise<{ readonly record: DiscountRecord; readonly isChanged: boolean }> {
  const bounds = { triesMax: TRIES_MAX, pauseMsMax: PAUSE_MS_MAX };
  const rewritten = await retryOnConflict(bounds, async () => {
    const record = await findDiscount(store, principal, discountId);
    const update = await decide(record);
    if (update === undefined) return { record, isChanged: false };
    const written = write(store, principal, record, update);
    const changed = await withDeadline('changing a discount', WRITE_TIMEOUT_MS, written);
    return changed === null ? undefined : { record: changed, isChanged: true };
  });
  if (rewritten !== undefined) return rewritten;
  throw new StaleReadError(`discount ${discountId}`);
}

function write(
  store: Store,
  principal: Principal,
  { _id, revision, version }: DiscountRecord,
  { isOfUses, ...update }: DiscountUpdate,
): Promise<DiscountRecord | null> {
  const decidedOn = { ...discountsOwnedBy(principal), _id, revision };
  return store.discounts.findOneAndUpdate(
    { ...decidedOn, ...(isOfUses && { version }) },
    { ...update, $inc: { revision: 1, ...(isOfUses && { version: 1 }) } },
    { returnDocument: 'after' },
  ) as Promise<DiscountRecord | null>;
}
