import type { AuditDraft } from '../../shared/ledger/commit.ts';
import type { Clock } from '../../shared/runtime/clock.ts';
import { withDeadline } from '../../shared/runtime/deadline.ts';
import { newId } from '../../shared/runtime/ids.ts';
import type {
  AuditAction,
  AuditRecord,
  AuditSource,
} from '../../shared/store/collections/audit.ts';
import { WRITE_TIMEOUT_MS } from '../http/bounds.ts';
import type { Principal } from '../http/principal.ts';
import type { AuditLog } from './audit-log.ts';

/** The dependencies of audit entries. */
export interface AuditContext {
  readonly audit: AuditLog;
  readonly clock: Clock;
}

/** A caller whose actions are audited, with the id and the IP address of its request. */
export interface AuditedCaller<Needs extends AuditContext = AuditContext> {
  readonly context: Needs;
  readonly principal: Principal;
  readonly requestId: string;
  readonly address: string;
}

interface EntryFields {
  readonly id?: string;
  readonly target?: string;
  readonly outcome?: AuditRecord['outcome'];
  /** The shop that the entry is about; by default the caller's own. */
  readonly shopId?: string;
  readonly detail?: Readonly<Record<string, unknown>>;
}

/** Returns the fields of an audit entry that name the caller and its request. */
export function toAuditSource({
  principal,
  requestId,
  address,
}: Pick<AuditedCaller, 'principal' | 'requestId' | 'address'>): AuditSource {
  const { kind, id, buyerId, shopId } = principal;
  const actor = { kind, id: buyerId ?? id, ...(shopId !== '' && { shopId }) };
  return { actor, requestId, address };
}

/**
 * Returns an audit entry for a verb of the ledger, which gives it an id and a time and writes it
 * with its other changes. `detail` must contain no secrets.
 */
export function toAuditDraft(
  { principal, requestId, address }: AuditedCaller,
  action: AuditAction,
  { target, outcome = 'done', shopId = principal.shopId, detail }: Omit<EntryFields, 'id'> = {},
): AuditDraft {
  return {
    action,
    outcome,
    ...toAuditSource({ principal, requestId, address }),
    ...(shopId === '' ? {} : { shopId }),
    ...(target === undefined ? {} : { target }),
    ...(detail === undefined ? {} : { detail }),
  };
}

/**
 * Returns an audit entry, for a transaction that writes it. `detail` must contain no secrets.
 */
export function toAuditRecord(
  caller: AuditedCaller,
  action: AuditAction,
  { id = newId('aud'), ...fields }: EntryFields = {},
): AuditRecord {
  return { _id: id, at: caller.context.clock.now(), ...toAuditDraft(caller, action, fields) };
}

/** Writes an audit entry and waits until it is stored. `detail` must contain no secrets. */
export async function recordAudit(
  caller: AuditedCaller,
  action: AuditAction,
  fields: EntryFields = {},
): Promise<void> {
  const writing = caller.context.audit.submit(toAuditRecord(caller, action, fields));
  await withDeadline('writing an audit entry', WRITE_TIMEOUT_MS, writing);
}
