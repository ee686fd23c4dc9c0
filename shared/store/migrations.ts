import type { Migration } from './migration.ts';
import { migration as collections } from './migrations/0016-collections.ts';

/** All migrations, in order. A released migration is never changed, renamed or removed. */
export const MIGRATIONS: readonly Migration[] = [collections];
