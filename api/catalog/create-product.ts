import { type RefusedError, refuseField } from '../../shared/domain/errors.ts';
import { checkVariants } from '../../shared/domain/variants.ts';
import { openStock } from '../../shared/ledger/open-stock.ts';
import type { Clock } from '../../shared/runtime/clock.ts';
import { withDeadline } from '../../shared/runtime/deadline.ts';
import { newId } from '../../shared/runtime/ids.ts';
import type { ProductRecord, VariantRecord } from '../../shared/store/collections/products.ts';
import { isDuplicateKey } from '../../shared/store/faults.ts';
import type { Store } from '../../shared/store/store.ts';
import { inTransaction } from '../../shared/store/transaction.ts';
import { WRITE_TIMEOUT_MS } from '../http/bounds.ts';
import type { ProductRequest } from './schemas.ts';

interface Deps {
  readonly store: Store;
  readonly clock: Clock;
}

/**
 * Creates a draft with its variants, each with a stock level of nothing, in one transaction.
 * @throws RefusedError duplicate_sku or currency_mismatch; nothing is then stored
 */
export async function createProduct(
  { store, clock }: Deps,
  shopId: string,
  request: ProductRequest,
): Promise<ProductRecord> {
  checkVariants(request.variants);
  const product = recordOf(shopId, request, clock.now());
  const stored = inTransaction(store, async (session) => {
    // Run again after a commit whose answer got lost, it finds what it has done.
    const done = await store.products.collection.findOne(
      { _id: product._id as never },
      { session },
    );
    if (done !== null) return;
    await store.products.collection.insertOne(product as never, { session });
    const levels = product.variants.map(({ id }) => ({ _id: id, productId: product._id, shopId }));
    await openStock(store, session, levels);
  });
  try {
    await withDeadline('storing a product', WRITE_TIMEOUT_MS, stored);
  } catch (error) {
    if (!isDuplicateKey(error, 'one_sku_per_shop')) throw error;
    throw await skuTaken(store, product);
  }
  return product;
}

function recordOf(shopId: string, request: ProductRequest, now: Date): ProductRecord {
  const { title, description, type, attributes } = request;
  return {
    _id: newId('prd'),
    shopId,
    title,
    ...(description !== undefined && { description }),
    type,
    attributes: attributes ?? {},
    status: 'draft',
    variants: request.variants.map(variantOf),
    createdAt: now,
    updatedAt: now,
  };
}

function variantOf(variant: ProductRequest['variants'][number]): VariantRecord {
  const { sku, title, price, currency, options } = variant;
  return {
    id: newId('var'),
    sku,
    ...(title !== undefined && { title }),
    price,
    currency,
    ...(options !== undefined && { options }),
  };
}

async function skuTaken(store: Store, product: ProductRecord): Promise<RefusedError> {
  const skus = product.variants.map((variant) => variant.sku);
  const taken = await store.products.distinct('variants.sku', {
    shopId: product.shopId,
    'variants.sku': { $in: skus },
  });
  const index = skus.findIndex((sku) => taken.includes(sku));
  const path = index < 0 ? 'variants' : `variants.${index}.sku`;
  return refuseField('duplicate_sku', path, 'The shop has a variant with this SKU already.');
}
