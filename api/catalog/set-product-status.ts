import type { ProductStatus } from '../../shared/domain/vocabulary.ts';
import { recordAudit } from '../audit/record-audit.ts';
import { changeProduct, type ProductChanger } from './change-product.ts';
import { type StockedProduct, stockOf } from './product-store.ts';

/**
 * Puts a product on sale or takes it off; doing so again changes nothing. Checkouts accepted
 * before it was taken off are still refused when they are settled.
 * @throws RefusedError not_found unless the product is the caller's
 */
export async function setProductStatus(
  request: ProductChanger,
  change: { readonly productId: string; readonly status: Exclude<ProductStatus, 'deleted'> },
): Promise<StockedProduct> {
  const { productId, status } = change;
  const { product, isChanged } = await changeProduct(request, {
    productId,
    decide: async (found) => ({ ...found, status }),
  });
  if (isChanged) {
    await recordAudit(request, 'product.changed', { target: productId, detail: { status } });
  }
  return stockOf(request.context.store, product);
}
