import type { Migration } from './migration.ts';
import { migration as first } from './migrations/0001-first.ts';

/** In the order in which they run. A released migration is never changed, renamed or removed. */
export const MIGRATIONS: readonly Migration[] = [first];
