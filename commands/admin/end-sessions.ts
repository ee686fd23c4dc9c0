import { endSession } from '../../api/access/sessions/session-store.ts';
import { systemClock } from '../../shared/runtime/clock.ts';
import { type AdminCommand, asJson, needed, optional } from './command.ts';
import { findShop, withRecord } from './record.ts';

/** Ends one or all sessions of a shop. */
export const endSessions: AdminCommand = {
  usage: '--shop SHOP [--session ID]',
  help: 'ends all sessions of a shop, or one of them',
  options: { shop: { type: 'string' }, session: { type: 'string' } },
  run: (given) =>
    withRecord(async ({ store, note }) => {
      const { _id: shopId } = await findShop(store, needed(given, 'shop'));
      const sessionId = optional(given, 'session');
      const which = { shopId, ...(sessionId !== undefined && { _id: sessionId }) };
      const sessions = await endSession(store, systemClock, which, 'operator');
      const target = sessionId ?? shopId;
      await note({ command: 'end-sessions', target, shopId, detail: { sessions } });
      return asJson({ shopId, sessionsEnded: sessions });
    }),
};
