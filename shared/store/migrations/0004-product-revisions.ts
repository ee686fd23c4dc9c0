import { changeInBatches } from '../change-in-batches.ts';
import type { Migration } from '../migration.ts';

/**
 * Edits of a product are counted from 0 on. Processes of the version before still make products
 * without a count while this runs: whoever reads one takes its absence for 0.
 */
export const migration: Migration = {
  id: '0004-product-revisions',
  description: 'Gives products that have no revision the revision 0.',
  run: (store, progress) =>
    changeInBatches(progress, {
      collection: store.products.collection,
      filter: { revision: { $exists: false } },
      update: { $set: { revision: 0 } },
    }),
};
