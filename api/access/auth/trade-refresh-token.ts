import { RefusedError } from '../../../shared/domain/errors.ts';
import { withDeadline } from '../../../shared/runtime/deadline.ts';
import { type AuditedCaller, recordAudit } from '../../audit/record-audit.ts';
import { WRITE_TIMEOUT_MS } from '../../http/bounds.ts';
import { refreshSession } from '../sessions/session-store.ts';
import { type Tokens, tokensOf } from './open-session.ts';

/**
 * Trades a refresh token for the next tokens of its session. One that was traded before ends the
 * session, in this process at once, and that is put on record.
 * @throws RefusedError unauthenticated
 */
export async function tradeRefreshToken(
  caller: AuditedCaller,
  refreshToken: string,
): Promise<Tokens> {
  const { context } = caller;
  const work = refreshSession(context.store, context.clock, refreshToken);
  const result = await withDeadline('refreshing', WRITE_TIMEOUT_MS, work);
  if (result.kind === 'refreshed') return tokensOf(context, result.session);
  if (result.kind === 'reused') {
    context.sessionCache.forget();
    const { shopId, sessionId } = result;
    const thing = { shopId, target: sessionId, outcome: 'refused' } as const;
    await recordAudit(caller, 'session.refresh_reused', thing);
  }
  throw new RefusedError('unauthenticated', 'This refresh token does not work.');
}
