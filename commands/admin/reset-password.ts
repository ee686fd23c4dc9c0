import { endSession } from '../../api/access/sessions/session-store.ts';
import { systemClock } from '../../shared/runtime/clock.ts';
import { type AdminCommand, asJson, needed } from './command.ts';
import { choosePassword } from './new-password.ts';
import { findShop, withRecord } from './record.ts';

/** Resets the password of a shop that lost it, or whose password leaked. */
export const resetPassword: AdminCommand = {
  usage: '--shop SHOP [--password-stdin]',
  help: 'gives a shop a new password and ends its sessions',
  options: { shop: { type: 'string' }, 'password-stdin': { type: 'boolean' } },
  run: async (given, stdin) => {
    const named = needed(given, 'shop');
    return withRecord(async ({ store, note }) => {
      const { _id: shopId, email, name } = await findShop(store, named);
      const { passwordHash, toShow } = await choosePassword(given, stdin, [email, name]);
      await store.shops.updateOne(
        { _id: shopId },
        { $set: { passwordHash }, $unset: { knownAddresses: 1 } },
      );
      const sessions = await endSession(store, systemClock, { shopId }, 'operator');
      await note({ command: 'reset-password', target: shopId, shopId, detail: { sessions } });
      return asJson({ shop: { id: shopId, email, ...toShow }, sessionsEnded: sessions });
    });
  },
};
