import type { Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { hashApiKey } from '../../shared/access/api-key.ts';
import { revokeApiKey } from '../../shared/access/api-key-record.ts';
import type { ApiKeyRecord } from '../../shared/store/collections/api-keys.ts';
import type { Store } from '../../shared/store/store.ts';
import { type AdminCommand, asJson, type Given, needed } from './command.ts';
import { withRecord } from './record.ts';

/** Revokes a key by its id, or by the key itself if it has leaked. */
export const revokeKey: AdminCommand = {
  usage: '--key ID | --stdin',
  help: 'revokes a key, by its id or by the key on standard input',
  options: { key: { type: 'string' }, stdin: { type: 'boolean' } },
  run: (given, stdin) =>
    withRecord(async ({ store, note }) => {
      const { _id, shopId } = await findKey(store, given, stdin);
      const revokedAt = new Date();
      const isRevoked = await revokeApiKey(store, { _id }, revokedAt);
      await note({ command: 'revoke-key', target: _id, shopId, detail: { isRevoked } });
      return asJson({ keyId: _id, shopId, wasRevokedBefore: !isRevoked });
    }),
};

async function findKey(store: Store, given: Given, stdin: Readable): Promise<ApiKeyRecord> {
  const filter = given['stdin'] === true ? await byItself(stdin) : { _id: needed(given, 'key') };
  const found = await store.apiKeys.findOne<ApiKeyRecord>(filter);
  if (found === null) throw new Error('There is no such key.');
  return found;
}

async function byItself(stdin: Readable) {
  const hash = hashApiKey((await text(stdin)).trim());
  return { $or: [{ hash }, { previousHash: hash }] };
}
