import { keepImages } from '../change-images.ts';
import type { Migration } from '../migration.ts';

export const migration: Migration = {
  id: '0002-change-images',
  description:
    'Lets the change stream show orders and movements as they were before a change, by which the ' +
    'worker judges the record as it changes.',
  run: keepImages,
};
