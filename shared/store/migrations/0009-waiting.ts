import { createCollections } from '../indexes.ts';
import type { Migration } from '../migration.ts';

export const migration: Migration = {
  id: '0009-waiting',
  description: 'Creates the indexes of checkouts that wait for units, and of their stock.',
  run: createCollections,
};
