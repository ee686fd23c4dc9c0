import { storeDraft } from '../../api/catalog/create-product.ts';
import { ON_HAND_MAX } from '../../shared/contract/limits.ts';
import { RefusedError } from '../../shared/domain/errors.ts';
import { type AdjustmentCommand, adjustStock } from '../../shared/ledger/adjust-stock.ts';
import type { LedgerContext } from '../../shared/ledger/ledger.ts';
import type { ProductRecord } from '../../shared/store/collections/products.ts';
import { DEMO_CATALOGUE, type DemoProduct } from './demo-catalogue.ts';

/** Puts the demo catalogue on sale in the shop; what is there already is left as it is. */
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
  // Not what its shop has taken off sale since: that was changed after it was created.
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
  const found = await find();
  if (found !== null) return found;
  try {
    return await storeDraft(ledger, shopId, request, ids);
  } catch (error) {
    // Somebody else is seeding too.
    const theirs = error instanceof RefusedError ? await find() : null;
    if (theirs === null) throw error;
    return theirs;
  }
}

/** Each variant has one first delivery, whose id follows from the variant's: it is made once. */
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
