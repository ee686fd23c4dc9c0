import { createCollections } from '../create-collections.ts';
import type { Migration } from '../migration.ts';

export const migration: Migration = {
  id: '0003-whole-shop',
  description: 'Creates what discounts, carts, webhooks, search and imports need.',
  run: createCollections,
};
