import type { AuditRecord } from '../store/collections/audit.ts';
import type { Session, Store } from '../store/store.ts';

/**
 * Puts entries on record. The record is only ever added to: nothing in this project changes or
 * deletes what this has written. With a session they are written in its transaction.
 */
export async function writeAudit(
  store: Store,
  entries: readonly AuditRecord[],
  session?: Session,
): Promise<void> {
  const options = { ordered: false, ...(session && { session }) };
  await store.audit.collection.insertMany([...entries] as never[], options);
}
