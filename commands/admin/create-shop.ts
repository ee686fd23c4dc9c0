import { emailAddress, shopName } from '../../api/access/accounts/account-schema.ts';
import { createApiKey } from '../../shared/access/api-key-record.ts';
import { createShop } from '../../shared/access/create-shop.ts';
import { SCOPES } from '../../shared/domain/scopes.ts';
import { type AdminCommand, asJson, needed } from './command.ts';
import { knownSecretsKey, shownKey } from './new-key.ts';
import { choosePassword } from './new-password.ts';
import { withRecord } from './record.ts';

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
    const name = shopName.parse(needed(given, 'name'));
    const address = emailAddress.safeParse(needed(given, 'email'));
    if (!address.success) throw new Error('--email is not an e-mail address.');
    const email = address.data;
    const { passwordHash, toShow } = await choosePassword(given, stdin, [email, name]);
    const secretsKey = await knownSecretsKey();
    return withRecord(async ({ store, note }) => {
      const createdAt = new Date();
      const shop = await createShop(store, { name, email, passwordHash, createdAt });
      if (shop === undefined)
        throw new Error(`Another shop already has the e-mail address ${email}.`);
      const request = { shopId: shop._id, name: 'first key', scopes: SCOPES };
      const key = await createApiKey(store, request, createdAt);
      const detail = { keyId: key.id };
      await note({ command: 'create-shop', target: shop._id, shopId: shop._id, detail });
      return asJson({
        shop: { id: shop._id, name, email, ...toShow },
        key: shownKey(key, secretsKey),
      });
    });
  },
};
