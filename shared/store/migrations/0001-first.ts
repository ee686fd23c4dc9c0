import { createCollections } from '../indexes.ts';
import type { Migration } from '../migration.ts';

export const migration: Migration = {
  id: '0001-first',
  description: 'Creates the collections, their indexes, and the validator of stock levels.',
  run: createCollections,
};
