import { createCollections } from '../indexes.ts';
import type { Migration } from '../migration.ts';

export const migration: Migration = {
  id: '0007-tags',
  description: 'Creates the index of products by tag.',
  run: createCollections,
};
