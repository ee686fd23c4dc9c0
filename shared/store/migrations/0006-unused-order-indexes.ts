import { dropIndexes } from '../drop-indexes.ts';
import type { Migration } from '../migration.ts';

/** Lists of orders have been served by others since; each order placed still paid for these. */
export const migration: Migration = {
  id: '0006-unused-order-indexes',
  description: 'Drops two indexes of orders that no list uses any more.',
  run: (store) => dropIndexes(store.orders.collection, ['orders_of_shop', 'orders_by_maker']),
};
