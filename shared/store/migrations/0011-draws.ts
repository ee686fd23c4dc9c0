import { createCollections } from '../indexes.ts';
import type { Migration } from '../migration.ts';

export const migration: Migration = {
  id: '0011-draws',
  description: 'Creates the collections of draws and the indexes of their entries.',
  run: createCollections,
};
