import type { Log } from '../../shared/runtime/output.ts';
import { migrate } from '../../shared/store/migrate.ts';
import { openStore } from '../../shared/store/store.ts';

/**
 * Brings the database to this version before any part starts. Each part would do so itself, but has
 * to be ready within a time, and an index of a large record takes longer to build.
 */
export async function migrateFirst(mongodbUrl: string, log: Log): Promise<void> {
  const store = await openStore(mongodbUrl);
  try {
    await migrate(store, { notify: log });
  } finally {
    await store.close();
  }
}
