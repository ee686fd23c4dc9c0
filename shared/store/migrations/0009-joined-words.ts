import type { Migration } from '../migration.ts';
import { relistProducts } from '../relist-products.ts';

export const migration: Migration = {
  id: '0009-joined-words',
  description: 'Lets products be found by words that are written in parts and typed as one.',
  run: relistProducts,
};
