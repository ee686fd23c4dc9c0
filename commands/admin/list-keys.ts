import type { ApiKeyRecord } from '../../shared/store/collections/api-keys.ts';
import { type AdminCommand, asJson, needed } from './command.ts';
import { findShop, withRecord } from './record.ts';

const KEYS_MAX = 1_000;

/** Lists the keys of a shop, including revoked ones, without their secrets. */
export const listKeys: AdminCommand = {
  usage: '--shop SHOP',
  help: 'lists the keys of a shop, including revoked ones',
  options: { shop: { type: 'string' } },
  run: (given) =>
    withRecord(async ({ store, note }) => {
      const { _id: shopId } = await findShop(store, needed(given, 'shop'));
      const found = await store.apiKeys
        .find<Omit<ApiKeyRecord, 'hash' | 'previousHash'>>(
          { shopId },
          { projection: { hash: 0, previousHash: 0 } },
        )
        .sort({ _id: -1 })
        .limit(KEYS_MAX)
        .toArray();
      await note({ command: 'list-keys', target: shopId, shopId });
      return asJson(found.map(({ _id, ...rest }) => ({ keyId: _id, ...rest })));
    }),
};
