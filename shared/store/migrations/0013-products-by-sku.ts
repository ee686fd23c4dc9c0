import { createCollections } from '../create-collections.ts';
import type { Migration } from '../migration.ts';

export const migration: Migration = {
  id: '0013-products-by-sku',
  description: 'Creates the index that finds products of all shops by SKU.',
  run: createCollections,
};
