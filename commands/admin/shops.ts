import { emailAddress, shopName } from '../../api/access/accounts/account-schema.ts';
import { endSession } from '../../api/access/sessions/session-store.ts';
import { createApiKey } from '../../shared/access/api-key-record.ts';
import { createShop } from '../../shared/access/create-shop.ts';
import { inAuditedTransaction } from '../../shared/audit/in-audited-transaction.ts';
import { SCOPES } from '../../shared/domain/scopes.ts';
import { systemClock } from '../../shared/runtime/clock.ts';
import { readEnv } from '../../shared/runtime/env.ts';
import type { Session } from '../../shared/store/store.ts';
import { readSecretsKey } from '../start/system-secrets.ts';
import { type AdminCommand, optional, required } from './command.ts';
import { withSecrets } from './keys.ts';
import { choosePassword } from './password.ts';
import { findShop, withRecord } from './record.ts';

/** Creates a shop with its first key, which has all scopes. */
export const createShopCommand: AdminCommand = {
  usage: '--name NAME --email EMAIL [--password-stdin]',
  help: 'creates a shop; prints its password and first key',
  options: {
    name: { type: 'string' },
    email: { type: 'string' },
    'password-stdin': { type: 'boolean' },
  },
  run: async (values, stdin) => {
    const parsedName = shopName.safeParse(required(values, 'name'));
    if (!parsedName.success) {
      throw new Error(`--name is not valid: ${parsedName.error.issues[0]?.message}`);
    }
    const name = parsedName.data;
    const address = emailAddress.safeParse(required(values, 'email'));
    if (!address.success) throw new Error('--email is not an e-mail address.');
    const email = address.data;
    const { passwordHash, toShow } = await choosePassword(values, stdin, [email, name]);
    const secretsKey = await readSecretsKey(readEnv());
    return withRecord(async ({ store, toEntry }) => {
      const createdAt = new Date();
      const { shopId, key } = await inAuditedTransaction(
        store,
        async (session) => {
          const shop = { name, email, passwordHash, createdAt };
          const created = await createShop(store, shop, session);
          if (created === undefined)
            throw new Error(`Another shop already has the e-mail address ${email}.`);
          const { _id: shopId } = created;
          const request = { shopId, name: 'first key', scopes: SCOPES };
          return { shopId, key: await createApiKey(store, request, createdAt, session) };
        },
        ({ shopId, key: { id: keyId } }) =>
          toEntry({ command: 'create-shop', target: shopId, shopId, detail: { keyId } }),
      );
      return { shop: { id: shopId, name, email, ...toShow }, key: withSecrets(key, secretsKey) };
    });
  },
};

/** Sets a new password for a shop that has lost its password, or whose password has leaked. */
export const resetPassword: AdminCommand = {
  usage: '--shop SHOP [--password-stdin]',
  help: 'sets a new password for a shop and ends its sessions',
  options: { shop: { type: 'string' }, 'password-stdin': { type: 'boolean' } },
  run: (values, stdin) =>
    withRecord(async ({ store, toEntry }) => {
      const { _id: shopId, email, name } = await findShop(store, values);
      const { passwordHash, toShow } = await choosePassword(values, stdin, [email, name]);
      const update = { $set: { passwordHash }, $unset: { knownAddresses: 1 } } as const;
      const end = (session?: Session) =>
        endSession(store, systemClock, { shopId }, 'operator', session);
      const sessions = await inAuditedTransaction(
        store,
        async (session) => {
          await store.shops.updateOne({ _id: shopId }, update, { session });
          return end(session);
        },
        (ended) =>
          toEntry({
            command: 'reset-password',
            target: shopId,
            shopId,
            detail: { sessions: ended },
          }),
      );
      // Logins with the old password may have started sessions that the transaction did not see.
      const lateSessions = await end();
      return { shop: { id: shopId, email, ...toShow }, sessionsEnded: sessions + lateSessions };
    }),
};

/** Ends one or all sessions of a shop. */
export const endSessions: AdminCommand = {
  usage: '--shop SHOP [--session ID]',
  help: 'ends all sessions of a shop, or one of them',
  options: { shop: { type: 'string' }, session: { type: 'string' } },
  run: (values) =>
    withRecord(async ({ store, toEntry }) => {
      const { _id: shopId } = await findShop(store, values);
      const sessionId = optional(values, 'session');
      const filter = { shopId, ...(sessionId !== undefined && { _id: sessionId }) };
      const target = sessionId ?? shopId;
      const sessionsEnded = await inAuditedTransaction(
        store,
        (session) => endSession(store, systemClock, filter, 'operator', session),
        (sessions) => toEntry({ command: 'end-sessions', target, shopId, detail: { sessions } }),
      );
      return { shopId, sessionsEnded };
    }),
};
