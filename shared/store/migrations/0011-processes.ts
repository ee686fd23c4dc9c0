import { createCollections } from '../create-collections.ts';
import type { Migration } from '../migration.ts';

export const migration: Migration = {
  id: '0011-processes',
  description: 'Creates the collection in which processes record that they are alive.',
  run: createCollections,
};
