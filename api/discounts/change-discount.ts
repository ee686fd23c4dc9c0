import { isDeepStrictEqual } from 'node:util';
import { inAuditedTransaction } from '../../shared/audit/in-audited-transaction.ts';
import { checkOffer } from '../../shared/domain/discounts/check-offer.ts';
import { RefusedError } from '../../shared/domain/errors.ts';
import { mergeMetadata } from '../../shared/domain/metadata.ts';
import { withDeadline } from '../../shared/runtime/deadline.ts';
import { retryOnConflict } from '../../shared/runtime/retry-on-conflict.ts';
import type { DiscountRecord } from '../../shared/store/collections/discounts.ts';
import type { Session, Store } from '../../shared/store/store.ts';
import { StaleReadError } from '../../shared/store/transaction.ts';
import { discountsOwnedBy, productsOwnedBy } from '../access/visibility.ts';
import { type AuditContext, type AuditedCaller, toAuditRecord } from '../audit/record-audit.ts';
import { READ_TIMEOUT_MS, WRITE_TIMEOUT_MS } from '../http/bounds.ts';
import { checkIfMatch, toEtag } from '../http/etag.ts';
import type { Principal } from '../http/principal.ts';
import { findDiscount } from './discount-store.ts';
import { changeOffer, OPTIONAL_FIELDS, pickOffer } from './offer.ts';
import type { DiscountChanges, DiscountRequest } from './schemas.ts';

const REPORTED_PRODUCTS_MAX = 20;
const TRIES_MAX = 50;
const PAUSE_MS_MAX = 20;

/** The dependencies of discounts. */
export interface DiscountsContext extends AuditContext {
  readonly store: Store;
}

/** A request that creates or changes one discount. */
export type DiscountChanger = AuditedCaller<DiscountsContext>;

interface DiscountTarget {
  readonly discountId: string;
  /** The `If-Match` header, if the request has one. */
  readonly ifMatch: string | undefined;
}

interface Change extends DiscountTarget {
  readonly changes: DiscountChanges;
}

/**
 * Changes the offer or the metadata of a discount. Checkouts accepted earlier keep their amounts,
 * but new limits apply to them. The revision stays the same if nothing changes.
 * @throws RefusedError not_found, precondition_failed, invalid_transition, invalid_request,
 * unknown_product or usage_limit_below_uses
 * @throws StaleReadError after too many conflicts with other changes
 */
export async function changeDiscount(
  changer: DiscountChanger,
  { discountId, ifMatch, changes }: Change,
): Promise<DiscountRecord> {
  const { context, principal } = changer;
  const { store, clock } = context;
  const decide = async (record: DiscountRecord) => {
    if (!record.isActive) {
      throw new RefusedError(
        'invalid_transition',
        'The discount is cancelled. Create another discount.',
      );
    }
    checkIfMatch(ifMatch, toEtag(record.revision));
    await checkProducts(store, principal, changes.appliesTo, record.productIds);
    const update = toUpdate(record, changes, clock.now());
    const detail = { fields: Object.keys(changes) };
    return update && { ...update, action: 'discount.changed' as const, detail };
  };
  return rewriteDiscount(changer, discountId, decide);
}

function toUpdate(
  record: DiscountRecord,
  changes: DiscountChanges,
  now: Date,
): Pick<DiscountUpdate, '$set' | '$unset' | 'affectsSettling'> | undefined {
  const current = pickOffer(record);
  const offer = changeOffer(current, changes);
  const { metadata } = mergeMetadata(record.metadata, changes.metadata);
  const isSame = isDeepStrictEqual(offer, current);
  if (isSame && isDeepStrictEqual(metadata, record.metadata)) return undefined;
  if (!isSame) checkOffer(offer);
  const { usageLimit, usageLimitPerBuyer } = offer;
  const isLimitChanged = usageLimit !== current.usageLimit;
  if (isLimitChanged && usageLimit !== undefined && usageLimit < record.uses) {
    const message = `The discount has already been used ${record.uses} times.`;
    const fields = [{ path: 'usageLimit', message }];
    throw new RefusedError('usage_limit_below_uses', message, fields, { uses: record.uses });
  }
  const next = { ...offer, ...(metadata && { metadata }) };
  const removed = [...OPTIONAL_FIELDS, 'metadata' as const].filter(
    (name) => next[name] === undefined,
  );
  return {
    $set: { ...next, updatedAt: now },
    ...(removed.length > 0 && { $unset: Object.fromEntries(removed.map((name) => [name, ''])) }),
    affectsSettling: isLimitChanged || usageLimitPerBuyer !== current.usageLimitPerBuyer,
  };
}

/**
 * Cancels a discount: no more orders are placed with it, and its code becomes free. Its record
 * stays, because orders refer to it and keep their amounts. A repeated cancellation changes
 * nothing, and succeeds whatever its `If-Match` says.
 * @throws RefusedError not_found or precondition_failed, or invalid_request if `If-Match` is malformed
 * @throws StaleReadError after too many conflicts with other changes
 */
export async function cancelDiscount(
  changer: DiscountChanger,
  { discountId, ifMatch }: DiscountTarget,
): Promise<DiscountRecord> {
  return rewriteDiscount(changer, discountId, (record) => {
    if (!record.isActive) return undefined;
    checkIfMatch(ifMatch, toEtag(record.revision));
    const now = changer.context.clock.now();
    return {
      $set: { isActive: false, cancelledAt: now, updatedAt: now },
      affectsSettling: true,
      action: 'discount.cancelled',
      detail: { code: record.code },
    };
  });
}

/**
 * Checks that the products of a discount belong to its shop. Drafts are allowed.
 * @param current products that the discount already applies to; they may have been deleted since
 * @throws RefusedError unknown_product, which names up to twenty products
 */
export async function checkProducts(
  store: Store,
  principal: Principal,
  appliesTo: DiscountRequest['appliesTo'] | undefined,
  current: readonly string[] = [],
): Promise<void> {
  if (appliesTo === undefined || appliesTo === 'all') return;
  const { productIds } = appliesTo;
  const known = new Set(current);
  const added = productIds.filter((id) => !known.has(id));
  if (added.length === 0) return;
  const owned = { ...productsOwnedBy(principal), _id: { $in: added } };
  const products = await store.products
    .find<{ _id: string }>(owned, { projection: { _id: 1 }, maxTimeMS: READ_TIMEOUT_MS })
    .toArray();
  for (const { _id } of products) known.add(_id);
  const fields = productIds.flatMap((id, index) => {
    const path = `appliesTo.productIds.${index}`;
    return known.has(id) ? [] : [{ path, message: 'The shop has no such product.' }];
  });
  if (fields.length === 0) return;
  const detail = 'A discount can only apply to products of its own shop.';
  throw new RefusedError('unknown_product', detail, fields.slice(0, REPORTED_PRODUCTS_MAX));
}

/** An update that applies only to the revision that it was decided on, with its audit entry. */
interface DiscountUpdate {
  readonly $set: Partial<DiscountRecord>;
  readonly $unset?: Readonly<Record<string, ''>>;
  /** Whether settlement reads the changed fields. If so, a concurrent use is a conflict, too. */
  readonly affectsSettling: boolean;
  readonly action: 'discount.changed' | 'discount.cancelled';
  readonly detail: Readonly<Record<string, unknown>>;
}

/** Returns the update of a discount, or undefined if nothing changes. */
type Decide = (
  record: DiscountRecord,
) => DiscountUpdate | undefined | Promise<DiscountUpdate | undefined>;

/**
 * Updates a discount of the caller's shop with optimistic locking: after a concurrent change, reads
 * the discount and calls `decide` again.
 * @throws RefusedError not_found, or the errors of `decide`; StaleReadError after too many attempts
 */
async function rewriteDiscount(
  changer: DiscountChanger,
  discountId: string,
  decide: Decide,
): Promise<DiscountRecord> {
  const { context, principal } = changer;
  const bounds = { triesMax: TRIES_MAX, pauseMsMax: PAUSE_MS_MAX };
  const rewritten = await retryOnConflict(bounds, async () => {
    const record = await findDiscount(context.store, principal, discountId);
    const update = await decide(record);
    if (update === undefined) return record;
    const writing = writeUpdate(changer, record, update);
    const changed = await withDeadline('changing a discount', WRITE_TIMEOUT_MS, writing);
    return changed ?? undefined;
  });
  if (rewritten !== undefined) return rewritten;
  throw new StaleReadError(`discount ${discountId}`);
}

/** Returns the changed discount, or null if the discount has changed since it was read. */
function writeUpdate(
  changer: DiscountChanger,
  { _id, revision, version }: DiscountRecord,
  { affectsSettling, action, detail, ...update }: DiscountUpdate,
): Promise<DiscountRecord | null> {
  const { context, principal } = changer;
  const decidedOn = { ...discountsOwnedBy(principal), _id, revision };
  const write = (session: Session) =>
    context.store.discounts.findOneAndUpdate(
      { ...decidedOn, ...(affectsSettling && { version }) },
      { ...update, $inc: { revision: 1, ...(affectsSettling && { version: 1 }) } },
      { returnDocument: 'after', session },
    );
  return inAuditedTransaction(context.store, write, () =>
    toAuditRecord(changer, action, { target: _id, detail }),
  );
}
