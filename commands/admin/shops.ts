import { randomBytes } from 'node:crypto';
import type { Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { emailAddress, newPassword, shopName } from '../../api/access/accounts/account-schema.ts';
import { PasswordHasher } from '../../api/access/passwords/password-hash.ts';
import { isWeakPassword } from '../../api/access/passwords/weak-password.ts';
import { endSession } from '../../api/access/sessions/session-store.ts';
import { createApiKey } from '../../shared/access/api-key-record.ts';
import { createShop } from '../../shared/access/create-shop.ts';
import { SCOPES } from '../../shared/domain/scopes.ts';
import { systemClock } from '../../shared/runtime/clock.ts';
import { readEnv } from '../../shared/runtime/env.ts';
import { readSecretsKey } from '../start/system-secrets.ts';
import { type AdminCommand, type Given, optional, required } from './command.ts';
import { withSecrets } from './keys.ts';
import { findShop, withRecord } from './record.ts';

const PASSWORD_BYTES = 18;

/** Creates a shop with its first key, which has all scopes. */
export const createShopCommand: AdminCommand = {
  usage: '--name NAME --email EMAIL [--password-stdin]',
  help: 'creates a shop; prints its password and first key',
  options: {
    name: { type: 'string' },
    email: { type: 'string' },
    'password-stdin': { type: 'boolean' },
  },
  run: async (given, stdin) => {
    const name = shopName.parse(required(given, 'name'));
    const address = emailAddress.safeParse(required(given, 'email'));
    if (!address.success) throw new Error('--email is not an e-mail address.');
    const email = address.data;
    const { passwordHash, toShow } = await choosePassword(given, stdin, [email, name]);
    const secretsKey = await readSecretsKey(readEnv());
    return withRecord(async ({ store, note }) => {
      const createdAt = new Date();
      const shop = await createShop(store, { name, email, passwordHash, createdAt });
      if (shop === undefined)
        throw new Error(`Another shop already has the e-mail address ${email}.`);
      const { _id: shopId } = shop;
      const request = { shopId, name: 'first key', scopes: SCOPES };
      const key = await createApiKey(store, request, createdAt);
      await note({ command: 'create-shop', target: shopId, shopId, detail: { keyId: key.id } });
      return { shop: { id: shopId, name, email, ...toShow }, key: withSecrets(key, secretsKey) };
    });
  },
};

/** Resets the password of a shop that lost it, or whose password leaked. */
export const resetPassword: AdminCommand = {
  usage: '--shop SHOP [--password-stdin]',
  help: 'gives a shop a new password and ends its sessions',
  options: { shop: { type: 'string' }, 'password-stdin': { type: 'boolean' } },
  run: (given, stdin) =>
    withRecord(async ({ store, note }) => {
      const { _id: shopId, email, name } = await findShop(store, given);
      const { passwordHash, toShow } = await choosePassword(given, stdin, [email, name]);
      await store.shops.updateOne(
        { _id: shopId },
        { $set: { passwordHash }, $unset: { knownAddresses: 1 } },
      );
      const sessions = await endSession(store, systemClock, { shopId }, 'operator');
      await note({ command: 'reset-password', target: shopId, shopId, detail: { sessions } });
      return { shop: { id: shopId, email, ...toShow }, sessionsEnded: sessions };
    }),
};

/** Ends one or all sessions of a shop. */
export const endSessions: AdminCommand = {
  usage: '--shop SHOP [--session ID]',
  help: 'ends all sessions of a shop, or one of them',
  options: { shop: { type: 'string' }, session: { type: 'string' } },
  run: (given) =>
    withRecord(async ({ store, note }) => {
      const { _id: shopId } = await findShop(store, given);
      const sessionId = optional(given, 'session');
      const which = { shopId, ...(sessionId !== undefined && { _id: sessionId }) };
      const sessions = await endSession(store, systemClock, which, 'operator');
      const target = sessionId ?? shopId;
      await note({ command: 'end-sessions', target, shopId, detail: { sessions } });
      return { shopId, sessionsEnded: sessions };
    }),
};

/**
 * Returns the hash of the password in the first line of standard input under --password-stdin, else
 * of a generated one, which `toShow` contains.
 * @param known data of the account, which the password must not consist of
 * @throws Error if the given password is too short, too long or too easy to guess
 */
async function choosePassword(given: Given, stdin: Readable, known: readonly string[]) {
  const isGiven = given['password-stdin'] === true;
  const line = isGiven ? ((await text(stdin)).split(/\r?\n/)[0] ?? '') : undefined;
  const password = line ?? randomBytes(PASSWORD_BYTES).toString('base64url');
  const checked = newPassword.safeParse(password);
  if (!checked.success) throw new Error('The password is too short or too long.');
  if (isWeakPassword(password, known)) throw new Error('The password is too easy to guess.');
  const passwordHash = await new PasswordHasher().hash(password, 'change');
  return { passwordHash, toShow: isGiven ? {} : { password } };
}
