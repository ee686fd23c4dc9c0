import type { ProductStatus } from '../../shared/domain/vocabulary.ts';
import { recordAudit } from '../audit/record-audit.ts';
import { changeProduct, type ProductChanger } from './change-product.ts';
import { type StockedProduct, stockOf } from './product-store.ts';

interface StatusChange {
  readonly productId: string;
  /** The `If-Match` header, where the request has one. */
  readonly ifMatch: string | undefined;
  readonly status: Exclude<ProductStatus, 'deleted'>;
}

/**
 * Puts a product on sale or takes it off; doing so again changes nothing. Checkouts accepted
 * before it was taken off are still refused when they are settled.
 * @throws RefusedError not_found unless the product is the caller's, precondition_failed
 */
export async function setProductStatus(
  request: ProductChanger,
  { productId, ifMatch, status }: StatusChange,
): Promise<StockedProduct> {
  const { product, isChanged } = await changeProduct(request, {
    productId,
    ifMatch,
    decide: async (found) => ({ ...found, status }),
  });
  if (isChanged) {
    await recordAudit(request, 'product.changed', { target: productId, detail: { status } });
  }
  return stockOf(request.context.store, product);
}
