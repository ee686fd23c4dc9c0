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

/** What recording needs. */
export interface AuditContext {
  readonly audit: AuditLog;
  readonly clock: Clock;
}

/** The caller of a verb that is recorded: who acts, from where, in which request. */
export interface AuditedCaller<Needs extends AuditContext = AuditContext> {
  readonly context: Needs;
  readonly principal: Principal;
  readonly requestId: string;
  readonly address: string;
}

interface AuditedThing {
  /** Of the entry, where what is done twice is to be told once. */
  readonly id?: string;
  readonly target?: string;
  readonly outcome?: AuditRecord['outcome'];
  /** The shop that it concerns, where that is not the caller's own. */
  readonly shopId?: string;
  readonly detail?: Readonly<Record<string, unknown>>;
}

/** The caller of a request, as audit entries name it. */
export function toAuditSource({
  principal,
  requestId,
  address,
}: Pick<AuditedCaller, 'principal' | 'requestId' | 'address'>): AuditSource {
  const actor = { kind: principal.kind, id: principal.buyerId ?? principal.id };
  return { actor, requestId, address };
}

/** Puts on record what was done, or tried. Holds no secret: `detail` names things, by their ids. */
export async function recordAudit(
  { context, principal, requestId, address }: AuditedCaller,
  action: AuditAction,
  {
    id = newId('aud'),
    target,
    outcome = 'done',
    shopId = principal.shopId,
    detail,
  }: AuditedThing = {},
): Promise<void> {
  const record: AuditRecord = {
    _id: id,
    at: context.clock.now(),
    action,
    outcome,
    ...toAuditSource({ principal, requestId, address }),
    ...(shopId === '' ? {} : { shopId }),
    ...(target === undefined ? {} : { target }),
    ...(detail === undefined ? {} : { detail }),
  };
  await withDeadline('recording', WRITE_TIMEOUT_MS, context.audit.submit(record));
}
