import { withDeadline } from '../../../shared/runtime/deadline.ts';
import type { SessionEnd } from '../../../shared/store/collections/sessions.ts';
import { type AuditedCaller, recordAudit } from '../../audit/record-audit.ts';
import { WRITE_TIMEOUT_MS } from '../../http/bounds.ts';
import type { Principal } from '../../http/principal.ts';
import type { AccessContext } from '../context.ts';
import { endSession } from '../sessions/session-store.ts';
import { accessOwnedBy } from '../visibility.ts';

interface SessionsToEnd {
  /** The session to end; if absent, all sessions of the shop end. */
  readonly sessionId?: string;
  readonly reason: SessionEnd;
}

/** Ends sessions of the caller's shop and returns the number of ended sessions. */
export async function endOwnSessions(
  { store, clock, sessionCache }: AccessContext,
  principal: Principal,
  { sessionId, reason }: SessionsToEnd,
): Promise<number> {
  const filter = {
    ...accessOwnedBy(principal),
    ...(sessionId !== undefined && { _id: sessionId }),
  };
  const ending = endSession(store, clock, filter, reason);
  const count = await withDeadline('ending sessions', WRITE_TIMEOUT_MS, ending);
  sessionCache.clear();
  return count;
}

/**
 * Ends sessions at the caller's request and returns the number of ended sessions. Records the
 * request in the audit log, unless it names a session that is unknown or had already ended.
 */
export async function logOut(
  caller: AuditedCaller<AccessContext>,
  sessions: SessionsToEnd,
): Promise<number> {
  const { context, principal } = caller;
  const { sessionId, reason } = sessions;
  const count = await endOwnSessions(context, principal, sessions);
  // A request to end one session names an id, which may be unknown. A logout is always recorded.
  if (reason === 'ended' && count === 0) return count;
  const target = sessionId ?? principal.shopId;
  const detail = { reason, ...(sessionId === undefined && { sessions: count }) };
  await recordAudit(caller, 'session.ended', { target, detail });
  return count;
}
