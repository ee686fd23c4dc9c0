import { createCollections } from '../create-collections.ts';
import { dropIndexes } from '../drop-indexes.ts';
import type { Migration } from '../migration.ts';
import { relistProducts } from '../relist-products.ts';

/** Searches read an index of words that Lastunit splits itself, and no text index any more. */
export const migration: Migration = {
  id: '0012-search-words',
  description: 'Splits the words of products anew, and replaces the indexes that searches read.',
  run: async (store, progress) => {
    await createCollections(store);
    await relistProducts(store, progress);
    await dropIndexes(store.products.collection, ['products_by_text', 'products_by_word']);
  },
};
