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

/** Ends sessions of the caller's shop and returns how many of them were open. */
export async function endOwnSessions(
  { store, clock, sessionCache }: AccessContext,
  principal: Principal,
  { sessionId, reason }: SessionsToEnd,
): Promise<number> {
  const filter = {
    ...accessOwnedBy(principal),
    ...(sessionId !== undefined && { _id: sessionId }),
  };
  const ended = endSession(store, clock, filter, reason);
  const count = await withDeadline('ending sessions', WRITE_TIMEOUT_MS, ended);
  sessionCache.clear();
  return count;
}

/**
 * Ends sessions at the caller's request, records it in the audit log, and returns how many sessions
 * were open.
 */
export async function logOut(
  caller: AuditedCaller<AccessContext>,
  sessions: SessionsToEnd,
): Promise<number> {
  const { context, principal } = caller;
  const { sessionId, reason } = sessions;
  const count = await endOwnSessions(context, principal, sessions);
  // There is nothing to record about a session that was not open.
  if (reason === 'ended' && count === 0) return count;
  const target = sessionId ?? principal.shopId;
  const detail = { reason, ...(sessionId === undefined && { sessions: count }) };
  await recordAudit(caller, 'session.ended', { target, detail });
  return count;
}
