import { createCollections } from '../create-collections.ts';
import type { Migration } from '../migration.ts';

export const migration: Migration = {
  id: '0014-events-of-shops',
  description: 'Creates the index by which a shop lists its events.',
  run: createCollections,
};
