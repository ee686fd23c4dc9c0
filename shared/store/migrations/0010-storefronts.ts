import { createCollections } from '../create-collections.ts';
import { dropIndexes } from '../drop-indexes.ts';
import type { Migration } from '../migration.ts';

/** Carts and orders belong to the shop's storefront now, and are no longer listed by their key. */
export const migration: Migration = {
  id: '0010-storefronts',
  description: 'Lists carts and orders by the storefront they were made through.',
  run: async (store) => {
    await createCollections(store);
    await dropIndexes(store.carts.collection, ['carts_of_buyer', 'carts_by_maker']);
    await dropIndexes(store.orders.collection, ['orders_of_maker_by_status']);
  },
};
