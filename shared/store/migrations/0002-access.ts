import { createCollections } from '../create-collections.ts';
import type { Migration } from '../migration.ts';

export const migration: Migration = {
  id: '0002-access',
  description: 'Creates what sessions, refresh tokens and the audit log need.',
  run: createCollections,
};
