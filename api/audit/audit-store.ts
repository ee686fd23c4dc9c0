import type { z } from 'zod';
import type { AuditRecord } from '../../shared/store/collections/audit.ts';
import type { Store } from '../../shared/store/store.ts';
import { type PageQuery, readNewestFirst } from '../http/paging.ts';
import type { auditEntry } from './schemas.ts';

/** Lists audit entries, of one shop or of all, newest first. */
export function listAudit(
  store: Store,
  filter: { readonly shopId?: string },
  page: PageQuery & { readonly list: string },
) {
  return readNewestFirst(store.audit, filter, page, presentAudit);
}

/** Presents an audit entry to its shop or to operators. */
function presentAudit(record: AuditRecord): z.output<typeof auditEntry> {
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
