import { isDeepStrictEqual } from 'node:util';
import { listingOf } from '../../domain/listing.ts';
import type { ProductRecord } from '../collections/products.ts';
import type { Migration } from '../migration.ts';

/** Small, for an update makes the database read all of a product's text anew. */
const BATCH_DOCUMENTS = 200;
const BATCH_TIMEOUT_MS = 10_000;

/**
 * Products are found by words that are typed as one or in parts: `lunchbox`, `t-light`. Those of
 * processes of the version before lack them, and are found by all else until they are changed;
 * this goes through all of them, also through those that have no listing at all. A product that is
 * changed between being read and being written is left alone: it has been listed by that change.
 */
export const migration: Migration = {
  id: '0009-joined-words',
  description: 'Lets products be found by words that are written in parts and typed as one.',
  run: async (store, progress) => {
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
  },
};
