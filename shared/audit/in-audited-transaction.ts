import type { AuditRecord } from '../store/collections/audit.ts';
import type { Session, Store } from '../store/store.ts';
import { inTransaction } from '../store/transaction.ts';
import { writeAudit } from './write-audit.ts';

/**
 * Runs `change` in a transaction that also writes its audit entry, so that neither is stored
 * without the other. A retry after a commit whose answer was lost finds the entry and returns the
 * first result.
 * @param change returns null or undefined if it changes nothing; then there is no entry
 * @throws as `inTransaction`
 */
export async function inAuditedTransaction<T>(
  store: Store,
  change: (session: Session) => Promise<T>,
  toEntry: (result: NonNullable<T>) => AuditRecord,
): Promise<T> {
  let earlier: { readonly entryId: string; readonly result: T } | undefined;
  return inTransaction(store, async (session) => {
    if (earlier !== undefined) {
      const { entryId, result } = earlier;
      if ((await store.audit.findOne({ _id: entryId }, { session })) !== null) return result;
    }
    const result = await change(session);
    if (result === null || result === undefined) return result;
    const entry = toEntry(result);
    earlier = { entryId: entry._id, result };
    await writeAudit(store, [entry], session);
    return result;
  });
}
