import type { AuditRecord } from '../store/collections/audit.ts';
import { insertEach } from '../store/insert-each.ts';
import type { Session, Store } from '../store/store.ts';

/**
 * Writes audit entries, in the transaction of the session if there is one. Without a session, an
 * entry whose id exists counts as written. No code changes or deletes an entry.
 * @throws the error of an entry that could not be written
 */
export async function writeAudit(
  store: Store,
  entries: readonly AuditRecord[],
  session?: Session,
): Promise<void> {
  if (session !== undefined) {
    await store.audit.insertMany([...entries], { session });
    return;
  }
  for (const result of await insertEach(store.audit, entries)) {
    if ('error' in result) throw result.error;
  }
}
