import { createCollections } from '../create-collections.ts';
import type { Migration } from '../migration.ts';

export const migration: Migration = {
  id: '0008-cancelled-codes',
  description: 'Creates the index that tells which discount codes a shop has cancelled.',
  run: createCollections,
};
