import { openStock } from '../../../../shared/ledger/open-stock.ts';
import type { ProductRecord } from '../../../../shared/store/collections/products.ts';
import type { Session, Store } from '../../../../shared/store/store.ts';
import { inTransaction } from '../../../../shared/store/transaction.ts';
import {
  beginUndo,
  closeImport,
  type HeldImport,
  RENEW_EVERY_MS,
  renewImport,
} from './import-record.ts';

type StagedProduct = Pick<ProductRecord, '_id' | 'shopId' | 'variants'>;

/** So much is shown, or removed, in one transaction; it takes a small part of its lifetime. */
const BATCH_PRODUCTS = 500;
const BATCH_VARIANTS = 2_000;

/**
 * Does what is left to do of an import: shows its products if it is committed, else removes them.
 * It can be done again, and by several at the same time.
 */
export async function finishImport(store: Store, held: HeldImport): Promise<void> {
  if (held.state === 'committed') return complete(store, held);
  const undoing = held.state === 'undoing' ? held : await beginUndo(store, held);
  await inBatches(store, undoing, async (session, ids) => {
    const filter = { _id: { $in: ids }, importId: undoing._id };
    await store.products.collection.deleteMany(filter as never, { session });
  });
}

/** Each product gets its stock levels in the transaction that shows it. */
async function complete(store: Store, held: HeldImport): Promise<void> {
  const status = held.publish ? 'published' : 'draft';
  await inBatches(store, held, async (session, ids, products) => {
    await openStock(store, session, products.flatMap(levelsOf));
    await store.products.collection.updateMany(
      { _id: { $in: ids }, importId: held._id } as never,
      { $set: { status }, $unset: { importId: '', importLine: '' } },
      { session },
    );
  });
}

type BatchWork = (
  session: Session,
  ids: readonly string[],
  products: readonly StagedProduct[],
) => Promise<void>;

async function inBatches(store: Store, held: HeldImport, work: BatchWork): Promise<void> {
  let renewedAt = performance.now();
  for (;;) {
    const count = await inTransaction(store, async (session) => {
      const batch = await stagedOf(store, held, session);
      const ids = batch.map((product) => product._id);
      if (batch.length > 0) await work(session, ids, batch);
      return batch.length;
    });
    if (count === 0) return closeImport(store, held);
    if (performance.now() - renewedAt < RENEW_EVERY_MS) continue;
    await renewImport(store, held);
    renewedAt = performance.now();
  }
}

async function stagedOf(
  store: Store,
  { _id }: HeldImport,
  session: Session,
): Promise<StagedProduct[]> {
  const found = await store.products.collection
    .find<StagedProduct>(
      { importId: _id },
      { session, limit: BATCH_PRODUCTS, projection: { shopId: 1, 'variants.id': 1 } },
    )
    .sort({ _id: 1 })
    .toArray();
  let variants = 0;
  return found.filter((product, index) => {
    variants += product.variants.length;
    return index === 0 || variants <= BATCH_VARIANTS;
  });
}

function levelsOf({ _id: productId, shopId, variants }: StagedProduct) {
  return variants.map(({ id: _id }) => ({ _id, productId, shopId }));
}
