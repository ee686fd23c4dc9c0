import type { z } from 'zod';
import { pick } from '../../shared/domain/pick.ts';
import type { AuditRecord } from '../../shared/store/collections/audit.ts';
import type { Store } from '../../shared/store/store.ts';
import { type PageQuery, readNewestFirst } from '../http/paging.ts';
import type { auditEntry } from './schemas.ts';

type AuditPage = PageQuery & { readonly list: string };

/** Lists the audit entries about one shop, or all audit entries, newest first, for operators. */
export function listAudit(store: Store, filter: { readonly shopId?: string }, page: AuditPage) {
  return readNewestFirst(store.audit, filter, page, presentAudit);
}

/**
 * Lists the audit entries of a shop for the shop itself, newest first. Other shops' callers and
 * operators are named, but not their addresses and requests.
 */
export function listOwnAudit(store: Store, filter: { readonly shopId: string }, page: AuditPage) {
  return readNewestFirst(store.audit, filter, page, (record: AuditRecord) => {
    if (isOwnCaller(record.actor, filter.shopId)) return presentAudit(record);
    const { address, requestId, ...others } = record;
    return presentAudit(others);
  });
}

function isOwnCaller(actor: AuditRecord['actor'], shopId: string): boolean {
  switch (actor.kind) {
    case 'nobody':
      return true;
    case 'shop':
      return actor.id === shopId;
    // An operator who acts for a shop has its id, too.
    case 'operator':
      return false;
    default:
      return actor.shopId === shopId;
  }
}

function presentAudit(record: AuditRecord): z.output<typeof auditEntry> {
  const { detail } = record;
  return {
    id: record._id,
    at: record.at.toISOString(),
    actor: pick(record.actor, 'kind', 'id'),
    ...pick(record, 'action', 'outcome', 'target', 'shopId', 'address', 'requestId'),
    ...(detail !== undefined && { detail: { ...detail } }),
  };
}
