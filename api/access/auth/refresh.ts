import { RefusedError } from '../../../shared/domain/errors.ts';
import { withDeadline } from '../../../shared/runtime/deadline.ts';
import { type AuditedCaller, recordAudit } from '../../audit/record-audit.ts';
import { WRITE_TIMEOUT_MS } from '../../http/bounds.ts';
import type { AccessContext } from '../context.ts';
import { refreshSession } from '../sessions/session-store.ts';
import { issueTokens, type Tokens } from './open-session.ts';

/**
 * Exchanges a refresh token for the next tokens of its session. A token that was used before ends
 * the session, in this process at once, and leaves an audit entry.
 * @throws RefusedError unauthenticated
 */
export async function refresh(
  caller: AuditedCaller<AccessContext>,
  refreshToken: string,
): Promise<Tokens> {
  const { context } = caller;
  const work = refreshSession(context.store, context.clock, refreshToken);
  const result = await withDeadline('refreshing', WRITE_TIMEOUT_MS, work);
  if (result.kind === 'refreshed') return issueTokens(context, result.session);
  if (result.kind === 'reused') {
    context.sessionCache.forget();
    const { shopId, sessionId } = result;
    const entry = { shopId, target: sessionId, outcome: 'refused' } as const;
    await recordAudit(caller, 'session.refresh_reused', entry);
  }
  throw new RefusedError('unauthenticated', 'This refresh token does not work.');
}
