import { createCollections } from '../indexes.ts';
import type { Migration } from '../migration.ts';

export const migration: Migration = {
  id: '0010-erasure',
  description: 'Creates the indexes by which the personal data of a buyer are found and erased.',
  run: createCollections,
};
