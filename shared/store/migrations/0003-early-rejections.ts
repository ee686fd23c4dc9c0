import { createCollections } from '../indexes.ts';
import type { Migration } from '../migration.ts';

export const migration: Migration = {
  id: '0003-early-rejections',
  description: 'Creates the index of early rejections whose events are not written yet.',
  run: createCollections,
};
