import { storeDraft } from '../../api/catalog/create-product.ts';
import { ON_HAND_MAX } from '../../shared/contract/limits.ts';
import { RefusedError } from '../../shared/domain/errors.ts';
import { type AdjustmentCommand, adjustStock } from '../../shared/ledger/adjust-stock.ts';
import type { LedgerContext } from '../../shared/ledger/ledger.ts';
import type { ProductRecord } from '../../shared/store/collections/products.ts';
import { DEMO_CATALOGUE, type DemoProduct } from './demo-catalogue.ts';

/** Publishes the demo products with their initial stock. Existing products stay unchanged. */
export async function seedProducts(
  ledger: LedgerContext,
  shopId: string,
): Promise<readonly ProductRecord[]> {
  const products: ProductRecord[] = [];
  const deliveries: AdjustmentCommand[] = [];
  for (const demo of DEMO_CATALOGUE) {
    const product = await findOrCreate(ledger, shopId, demo);
    products.push(product);
    deliveries.push(...planDeliveries(product, demo.onHand));
  }
  await adjustStock(ledger, deliveries);
  // Publishes only products that have never been changed: the shop may have unpublished the others.
  const untouched = { $expr: { $eq: ['$createdAt', '$updatedAt'] } };
  await ledger.store.products.updateMany(
    { _id: { $in: products.map((product) => product._id) }, status: 'draft', ...untouched },
    { $set: { status: 'published', updatedAt: ledger.clock.now() }, $inc: { revision: 1 } },
  );
  return products;
}

async function findOrCreate(
  ledger: LedgerContext,
  shopId: string,
  { request, ids }: DemoProduct,
): Promise<ProductRecord> {
  const find = () =>
    ledger.store.products.findOne<ProductRecord>({
      shopId,
      'variants.sku': request.variants[0]?.sku ?? '',
    });
  const existing = await find();
  if (existing !== null) return existing;
  try {
    return await storeDraft(ledger, shopId, request, { ids });
  } catch (error) {
    // Another process may seed at the same time.
    const duplicate = error instanceof RefusedError ? await find() : null;
    if (duplicate === null) throw error;
    return duplicate;
  }
}

/** Returns the first delivery of each variant. A repeat has the same id, so it changes nothing. */
function planDeliveries(product: ProductRecord, onHand: number): AdjustmentCommand[] {
  return product.variants.map(({ id }) => ({
    movementId: id.replace(/^var_/, 'mov_'),
    variantId: id,
    productId: product._id,
    amount: { delta: onHand },
    onHandMax: ON_HAND_MAX,
    reason: 'first delivery',
    actor: 'system',
  }));
}
