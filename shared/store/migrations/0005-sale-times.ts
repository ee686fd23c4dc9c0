import { createCollections } from '../indexes.ts';
import type { Migration } from '../migration.ts';

export const migration: Migration = {
  id: '0005-sale-times',
  description: 'Creates the index of products with a time that is still to come.',
  run: createCollections,
};
