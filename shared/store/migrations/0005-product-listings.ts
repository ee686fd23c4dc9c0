import { listingOf } from '../../domain/listing.ts';
import type { ProductRecord } from '../collections/products.ts';
import { dropIndexes } from '../drop-indexes.ts';
import type { Migration, MigrationProgress } from '../migration.ts';
import type { Store } from '../store.ts';

const BATCH_DOCUMENTS = 500;
const BATCH_TIMEOUT_MS = 10_000;

/**
 * Products are sorted and searched by what follows from them, and a deleted one's SKUs are free.
 * A product that is changed between being read and being written has been given its listing by
 * that change, and is left alone.
 */
export const migration: Migration = {
  id: '0005-product-listings',
  description: 'Gives products what they are sorted and searched by; frees SKUs of deleted ones.',
  run: async (store, progress) => {
    await listAll(store, progress);
    await dropIndexes(store.products.collection, ['one_sku_per_shop']);
  },
};

async function listAll(store: Store, progress: MigrationProgress): Promise<void> {
  const products = store.products.collection;
  for (let after = ''; ; ) {
    progress.signal.throwIfAborted();
    const batch = await products
      .find<ProductRecord>({ listed: { $exists: false }, _id: { $gt: after as never } })
      .sort({ _id: 1 })
      .limit(BATCH_DOCUMENTS)
      .maxTimeMS(BATCH_TIMEOUT_MS)
      .toArray();
    const last = batch.at(-1);
    if (last === undefined) return;
    const writes = batch.map((product) => ({
      updateOne: {
        filter: {
          _id: product._id as never,
          listed: { $exists: false },
          updatedAt: product.updatedAt,
        },
        update: { $set: { listed: listingOf(product) } },
      },
    }));
    const { modifiedCount } = await products.bulkWrite(writes, { ordered: false });
    await progress.changed(modifiedCount);
    after = last._id;
  }
}
