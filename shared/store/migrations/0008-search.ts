import { createCollections } from '../indexes.ts';
import type { Migration } from '../migration.ts';

export const migration: Migration = {
  id: '0008-search',
  description: 'Creates the search index of orders and checkouts.',
  run: createCollections,
};
