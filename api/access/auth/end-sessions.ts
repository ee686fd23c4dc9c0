import { withDeadline } from '../../../shared/runtime/deadline.ts';
import type { SessionEnd } from '../../../shared/store/collections/sessions.ts';
import type { ApiContext } from '../../context.ts';
import { WRITE_TIMEOUT_MS } from '../../http/bounds.ts';
import type { Principal } from '../../http/principal.ts';
import { endSession } from '../sessions/session-store.ts';
import { accessOwnedBy } from '../visibility.ts';

/** Ends one session of the caller's shop, or all of them; answers how many were open. */
export async function endOwnSessions(
  { store, clock, sessionCache }: ApiContext,
  principal: Principal,
  { sessionId, reason }: { readonly sessionId?: string; readonly reason: SessionEnd },
): Promise<number> {
  const which = {
    ...accessOwnedBy(principal),
    ...(sessionId !== undefined && { _id: sessionId }),
  };
  const ended = endSession(store, clock, which, reason);
  const count = await withDeadline('ending sessions', WRITE_TIMEOUT_MS, ended);
  sessionCache.forget();
  return count;
}
