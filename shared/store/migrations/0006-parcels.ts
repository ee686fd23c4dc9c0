import { createCollections } from '../indexes.ts';
import type { Migration } from '../migration.ts';

export const migration: Migration = {
  id: '0006-parcels',
  description: 'Creates the index that keeps the tracking references of parcels apart.',
  run: createCollections,
};
