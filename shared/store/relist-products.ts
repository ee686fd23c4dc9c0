import { isDeepStrictEqual } from 'node:util';
import { listingOf } from '../domain/listing.ts';
import type { ProductRecord } from './collections/products.ts';
import type { MigrationProgress } from './migration.ts';
import type { Store } from './store.ts';

const BATCH_DOCUMENTS = 200;
const BATCH_TIMEOUT_MS = 10_000;

/**
 * Derives anew what products are listed by, and stores it where it is different. A product that is
 * changed between being read and being written is left alone: that change has listed it.
 */
export async function relistProducts(store: Store, progress: MigrationProgress): Promise<void> {
  const products = store.products.collection;
  for (let after = ''; ; ) {
    progress.signal.throwIfAborted();
    const batch = await products
      .find<ProductRecord>({ _id: { $gt: after as never } })
      .sort({ _id: 1 })
      .limit(BATCH_DOCUMENTS)
      .maxTimeMS(BATCH_TIMEOUT_MS)
      .toArray();
    const last = batch.at(-1);
    if (last === undefined) return;
    const writes = batch.flatMap((product) => {
      const { _id, updatedAt, revision = null } = product;
      const listed = listingOf(product);
      if (isDeepStrictEqual(listed, product.listed)) return [];
      const filter = { _id: _id as never, updatedAt, revision: revision as never };
      return [{ updateOne: { filter, update: { $set: { listed } } } }];
    });
    if (writes.length > 0) {
      const { modifiedCount } = await products.bulkWrite(writes, { ordered: false });
      await progress.changed(modifiedCount);
    }
    after = last._id;
  }
}
