import { RefusedError } from '../../shared/domain/errors.ts';
import type { ProductStatus } from '../../shared/domain/vocabulary.ts';
import { withDeadline } from '../../shared/runtime/deadline.ts';
import { productsOwnedBy } from '../access/visibility.ts';
import { type AuditedRequest, recordAudit } from '../audit/record-audit.ts';
import type { ApiContext } from '../context.ts';
import { WRITE_TIMEOUT_MS } from '../http/bounds.ts';
import { findProduct, type StockedProduct } from './product-store.ts';

/**
 * Puts a product on sale or takes it off; doing so again changes nothing. Checkouts accepted
 * before it was taken off are still refused when they are settled.
 * @throws RefusedError not_found unless the product is the caller's
 */
export async function setProductStatus(
  request: AuditedRequest & { readonly context: ApiContext },
  change: { readonly productId: string; readonly status: ProductStatus },
): Promise<StockedProduct> {
  const { productId, status } = change;
  const { principal, context } = request;
  const { store, clock } = context;
  const filter = { _id: productId, ...productsOwnedBy(principal) };
  const written = store.products
    .updateOne({ ...filter, status: { $ne: status } }, { $set: { status, updatedAt: clock.now() } })
    .exec();
  const { modifiedCount } = await withDeadline('publishing', WRITE_TIMEOUT_MS, written);
  if (modifiedCount > 0) {
    await recordAudit(request, 'product.changed', { target: productId, detail: { status } });
  }
  const product = await findProduct(store, filter);
  if (product !== undefined) return product;
  throw new RefusedError('not_found', 'There is no such product of this shop.');
}
