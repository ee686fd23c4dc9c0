import type { Migration } from './migration.ts';
import { migration as first } from './migrations/0001-first.ts';

/** All migrations, in order. A released one is never changed, renamed or removed. */
export const MIGRATIONS: readonly Migration[] = [first];
