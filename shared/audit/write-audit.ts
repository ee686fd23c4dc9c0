import type { AuditRecord } from '../store/collections/audit.ts';
import type { Store } from '../store/store.ts';

/**
 * Puts entries on record. The record is only ever added to: nothing in this project changes or
 * deletes what this has written.
 */
export async function writeAudit(store: Store, entries: readonly AuditRecord[]): Promise<void> {
  await store.audit.collection.insertMany([...entries] as never[], { ordered: false });
}
