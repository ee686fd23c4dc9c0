import { RefusedError } from '../../../shared/domain/errors.ts';
import { type AuditedCaller, recordAudit } from '../../audit/record-audit.ts';
import { endOwnSessions } from './end-sessions.ts';

/** Ends the session in which the caller acts; one that has ended meanwhile is as good. */
export async function logOut(caller: AuditedCaller): Promise<void> {
  const { context, principal } = caller;
  const { sessionId = '' } = principal;
  await endOwnSessions(context, principal, { sessionId, reason: 'logout' });
  const detail = { reason: 'logout' };
  await recordAudit(caller, 'session.ended', { target: sessionId, detail });
}

/** Ends every session of the caller's shop, the one in which it acts included. */
export async function logOutEverywhere(caller: AuditedCaller): Promise<void> {
  const { context, principal } = caller;
  const count = await endOwnSessions(context, principal, { reason: 'logout' });
  const detail = { reason: 'logout', sessions: count };
  await recordAudit(caller, 'session.ended', { target: principal.shopId, detail });
}

/**
 * Ends one session of the caller's shop.
 * @throws RefusedError not_found when it has no such session that is open
 */
export async function logOutSession(caller: AuditedCaller, sessionId: string): Promise<void> {
  const { context, principal } = caller;
  const which = { sessionId, reason: 'ended' } as const;
  if ((await endOwnSessions(context, principal, which)) === 0) {
    throw new RefusedError('not_found', 'There is no such open session.');
  }
  await recordAudit(caller, 'session.ended', { target: sessionId, detail: { reason: 'ended' } });
}
