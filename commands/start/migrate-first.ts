import type { Log } from '../../shared/runtime/output.ts';
import { migrate } from '../../shared/store/migrate.ts';
import { openStore } from '../../shared/store/store.ts';

/**
 * Migrates the database before any process starts. Each process would migrate it too, but must become
 * ready within a time limit, and building an index of a large database takes longer.
 */
export async function migrateFirst(mongodbUrl: string, log: Log): Promise<void> {
  const store = await openStore(mongodbUrl);
  try {
    await migrate(store, { notify: log });
  } finally {
    await store.close();
  }
}
