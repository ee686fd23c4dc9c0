import type { z } from 'zod';
import type { AuditRecord } from '../../shared/store/collections/audit.ts';
import type { Store } from '../../shared/store/store.ts';
import { READ_TIMEOUT_MS } from '../http/bounds.ts';
import type { auditEntry } from './schemas.ts';

/** Lists entries, newest first, after the entry `after`; one more than `limit` if it exists. */
export async function listAudit(
  store: Store,
  filter: { readonly shopId?: string },
  page: { readonly limit: number; readonly after: string | undefined },
): Promise<AuditRecord[]> {
  const { limit, after } = page;
  return store.audit
    .find<AuditRecord>(
      { ...filter, ...(after !== undefined && { _id: { $lt: after } }) },
      { maxTimeMS: READ_TIMEOUT_MS },
    )
    .sort({ _id: -1 })
    .limit(limit + 1)
    .toArray();
}

/** Presents an entry to its shop and to operators. */
export function presentAudit(record: AuditRecord): z.output<typeof auditEntry> {
  const { target, shopId, address, requestId, detail } = record;
  return {
    id: record._id,
    at: record.at.toISOString(),
    action: record.action,
    outcome: record.outcome,
    actor: { kind: record.actor.kind, id: record.actor.id },
    ...(target !== undefined && { target }),
    ...(shopId !== undefined && { shopId }),
    ...(address !== undefined && { address }),
    ...(requestId !== undefined && { requestId }),
    ...(detail !== undefined && { detail: { ...detail } }),
  };
}
