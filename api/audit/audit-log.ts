import { writeAudit } from '../../shared/audit/write-audit.ts';
import { GroupCommit } from '../../shared/runtime/group-commit.ts';
import type { AuditRecord } from '../../shared/store/collections/audit.ts';
import type { Store } from '../../shared/store/store.ts';

const ENTRIES_MAX = 500;
const ENTRIES_WAITING_MAX = 20_000;

/** Writes audit entries; entries that arrive at the same time are written together. */
export type AuditLog = GroupCommit<AuditRecord, undefined>;

/** Opens the audit log of a store. `submit` resolves when the entry is stored. */
export function openAuditLog(store: Store): AuditLog {
  return new GroupCommit({
    name: 'audit entries',
    itemsMax: ENTRIES_MAX,
    queueMax: ENTRIES_WAITING_MAX,
    commit: async (entries) => {
      await writeAudit(store, entries);
      return entries.map(() => ({ value: undefined }));
    },
  });
}
