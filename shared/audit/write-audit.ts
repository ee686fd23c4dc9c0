import type { AuditRecord } from '../store/collections/audit.ts';
import { insertEach } from '../store/insert-each.ts';
import type { Session, Store } from '../store/store.ts';

/**
 * Puts entries on record. The record is only ever added to: nothing in this project changes or
 * deletes what this has written. An entry whose id is on record already is one that was written
 * before. With a session they are written in its transaction.
 * @throws when one of them is not on record
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
