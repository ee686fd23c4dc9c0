import { createCollections } from '../indexes.ts';
import type { Migration } from '../migration.ts';

export const migration: Migration = {
  id: '0004-purchase-limits',
  description: 'Creates the collection of purchases, and the index of orders by limited item.',
  run: createCollections,
};
