import { recordAudit } from '../audit/record-audit.ts';
import { changeProduct, type ProductChanger } from './change-product.ts';

/**
 * Deletes a product. Its record stays, so that what orders and movements refer to can be looked
 * up: they hold ids and frozen lines, and need nothing else of it. Checkouts that are accepted but
 * not yet settled are refused, as when it is taken off sale.
 * @throws RefusedError not_found or precondition_failed
 */
export async function endProduct(
  request: ProductChanger,
  which: { readonly productId: string; readonly ifMatch: string | undefined },
): Promise<void> {
  await changeProduct(request, {
    ...which,
    decide: async (product) => ({ ...product, status: 'deleted' }),
  });
  await recordAudit(request, 'product.deleted', { target: which.productId });
}
