import { isDeepStrictEqual } from 'node:util';
import { writeAudit } from '../../shared/audit/write-audit.ts';
import { RefusedError } from '../../shared/domain/errors.ts';
import { makeListing } from '../../shared/domain/listing.ts';
import { toProductEvent } from '../../shared/domain/product-events.ts';
import { findNextTime } from '../../shared/domain/sale-times.ts';
import type { ProductStatus } from '../../shared/domain/vocabulary.ts';
import { toOutboxEntry } from '../../shared/ledger/commit.ts';
import { withDeadline } from '../../shared/runtime/deadline.ts';
import type { AuditRecord } from '../../shared/store/collections/audit.ts';
import type { ProductRecord } from '../../shared/store/collections/products.ts';
import type { Session } from '../../shared/store/store.ts';
import { inTransaction } from '../../shared/store/transaction.ts';
import { productsOwnedBy } from '../access/visibility.ts';
import { type AuditedCaller, toAuditRecord } from '../audit/record-audit.ts';
import { WRITE_TIMEOUT_MS } from '../http/bounds.ts';
import { checkIfMatch, toEtag } from '../http/etag.ts';
import type { CatalogContext } from './context.ts';
import { type StockedProduct, withStock } from './product-store.ts';

/** A request that changes one product. */
export type ProductChanger = AuditedCaller<CatalogContext>;

/** A request that changes one product, but not its stock. */
type RecordChanger = AuditedCaller<
  Pick<CatalogContext, 'store' | 'clock' | 'audit' | 'priceCache'>
>;

/** The product to change. */
export interface ProductTarget {
  readonly productId: string;
  /** The `If-Match` header, if the request has one. */
  readonly ifMatch: string | undefined;
}

/**
 * Returns the changed product, given the product at the transaction's snapshot. A retry of the
 * transaction calls this again.
 */
type Decide = (product: ProductRecord, session: Session) => Promise<ProductRecord>;

/** The product after a change, and before it. */
interface ChangedProduct {
  readonly product: ProductRecord;
  readonly before: ProductRecord;
  readonly isChanged: boolean;
}

/**
 * Changes a product of the caller's shop in one transaction and increments its revision, unless
 * nothing changes. Concurrent changes are applied one after the other. Checkouts that this process
 * accepts from then on see the change; other processes may use cached offers for at most a second.
 * @param toEntry returns the audit entry that the transaction writes; by default there is none
 * @throws RefusedError not_found, precondition_failed, or what `decide` throws
 */
export async function changeProduct(
  { context, principal, requestId }: RecordChanger,
  { productId, ifMatch }: ProductTarget,
  decide: Decide,
  toEntry?: (changed: ProductRecord) => AuditRecord,
): Promise<ChangedProduct> {
  const { store, clock, priceCache } = context;
  const owned = productsOwnedBy(principal);
  let before: ProductRecord | undefined;
  const changing = inTransaction(store, async (session): Promise<ChangedProduct> => {
    // A retry after a commit whose response was lost finds its own change.
    const ownChange = { shopId: owned.shopId, changeId: requestId };
    const product = await store.products.findOne<ProductRecord>(
      { _id: productId, $or: [owned, ownChange] },
      { session },
    );
    if (product === null) {
      throw new RefusedError('not_found', 'There is no such product of this shop.');
    }
    const isOwnChange = product.changeId === requestId;
    // The product before the change is what the earlier attempt has read.
    if (isOwnChange && before !== undefined) return { product, before, isChanged: true };
    before = product;
    const { revision = 0 } = product;
    checkIfMatch(ifMatch, toEtag(revision));
    const decided = await decide(product, session);
    const now = clock.now();
    const { nextTimeAt: _, ...kept } = decided;
    const nextTimeAt = findNextTime(decided, product, now);
    const next = { ...kept, ...(nextTimeAt && { nextTimeAt }) };
    const listing = makeListing(next);
    // No search finds a deleted product, so its words must not use up the entries that a search
    // reads.
    const isDeleted = next.status === 'deleted';
    const listed = { ...next, listed: isDeleted ? { ...listing, words: [] } : listing };
    if (isDeepStrictEqual(listed, product)) return { product, before: product, isChanged: false };
    const changed = {
      ...listed,
      updatedAt: now,
      revision: revision + 1,
      changeId: requestId,
    };
    await store.products.replaceOne({ _id: productId }, changed, { session });
    if (product.status !== 'published' && changed.status === 'published') {
      const event = toProductEvent(changed, 'product.published');
      await store.outbox.insertOne(toOutboxEntry([event], now), { session });
    }
    if (toEntry !== undefined) await writeAudit(store, [toEntry(changed)], session);
    return { product: changed, before: product, isChanged: true };
  });
  const changed = await withDeadline('changing a product', WRITE_TIMEOUT_MS, changing);
  const variants = [...changed.before.variants, ...changed.product.variants];
  for (const { id } of variants) priceCache.forget(id);
  return changed;
}

/**
 * Publishes, unpublishes or deletes a product. Changes nothing if the product already has the
 * status. The record of a deleted product stays, so that orders and movements can still be
 * resolved. An accepted checkout is rejected if the product is not published when the checkout is
 * settled.
 * @throws RefusedError not_found or precondition_failed
 */
export async function setProductStatus(
  request: ProductChanger,
  target: ProductTarget,
  status: ProductStatus,
): Promise<StockedProduct> {
  const decide = async (before: ProductRecord) => ({ ...before, status });
  const { product } = await changeProduct(request, target, decide, () => {
    const isDeleted = status === 'deleted';
    return toAuditRecord(request, isDeleted ? 'product.deleted' : 'product.changed', {
      target: target.productId,
      ...(!isDeleted && { detail: { status } }),
    });
  });
  return withStock(request.context.store, product);
}
