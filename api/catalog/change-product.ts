import { isDeepStrictEqual } from 'node:util';
import { RefusedError } from '../../shared/domain/errors.ts';
import { listingOf } from '../../shared/domain/listing.ts';
import { withDeadline } from '../../shared/runtime/deadline.ts';
import type { ProductRecord } from '../../shared/store/collections/products.ts';
import type { Session } from '../../shared/store/store.ts';
import { inTransaction } from '../../shared/store/transaction.ts';
import { productsOwnedBy } from '../access/visibility.ts';
import type { AuditedRequest } from '../audit/record-audit.ts';
import type { ApiContext } from '../context.ts';
import { WRITE_TIMEOUT_MS } from '../http/bounds.ts';
import { checkIfMatch, etagOf } from '../http/etag.ts';

/** A request that changes one product. */
export type ProductChanger = AuditedRequest & { readonly context: ApiContext };

interface Change {
  readonly productId: string;
  /** The `If-Match` header, where the request has one. */
  readonly ifMatch?: string | undefined;
  /** What becomes of the product, decided at the transaction's snapshot. May be asked again. */
  readonly decide: (product: ProductRecord, session: Session) => Promise<ProductRecord>;
}

/** The product as it now stands, and whether that is any different. */
interface ChangedProduct {
  readonly product: ProductRecord;
  readonly isChanged: boolean;
}

/**
 * Changes a product of the caller's shop in one transaction, which counts the change. One that
 * changes nothing is not counted. Of changes at the same time each sees what the one before made.
 * @throws RefusedError not_found, precondition_failed, or what `decide` throws
 */
export async function changeProduct(
  { context, principal, requestId }: ProductChanger,
  { productId, ifMatch, decide }: Change,
): Promise<ChangedProduct> {
  const { store, clock } = context;
  const owned = productsOwnedBy(principal);
  const { shopId } = owned;
  const products = store.products;
  const work = inTransaction(store, async (session): Promise<ChangedProduct> => {
    // Run again after a commit whose answer got lost, it finds what it has done.
    const isDone = { shopId, changeId: requestId };
    const product = await products.findOne<ProductRecord>(
      { _id: productId, $or: [owned, isDone] },
      { session },
    );
    if (product === null) {
      throw new RefusedError('not_found', 'There is no such product of this shop.');
    }
    if (product.changeId === requestId) return { product, isChanged: true };
    const { revision = 0 } = product;
    checkIfMatch(ifMatch, etagOf(revision));
    const decided = await decide(product, session);
    const listed = { ...decided, listed: listingOf(decided) };
    if (isDeepStrictEqual(listed, product)) return { product, isChanged: false };
    const changed = {
      ...listed,
      updatedAt: clock.now(),
      revision: revision + 1,
      changeId: requestId,
    };
    await products.replaceOne({ _id: productId }, changed, { session });
    return { product: changed, isChanged: true };
  });
  return withDeadline('changing a product', WRITE_TIMEOUT_MS, work);
}
