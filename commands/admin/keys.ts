import type { Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { toSigningSecret } from '../../api/access/signing-secret.ts';
import { hashApiKey } from '../../shared/access/api-key.ts';
import { type CreatedKey, createApiKey, revokeApiKey } from '../../shared/access/api-key-record.ts';
import { inAuditedTransaction } from '../../shared/audit/in-audited-transaction.ts';
import { moment } from '../../shared/contract/moment.ts';
import { SCOPES, type Scope } from '../../shared/domain/scopes.ts';
import { readEnv } from '../../shared/runtime/env.ts';
import type { ApiKeyRecord } from '../../shared/store/collections/api-keys.ts';
import { readSecretsKey } from '../start/system-secrets.ts';
import { type AdminCommand, type CommandValues, optional, required } from './command.ts';
import { findShop, withRecord } from './record.ts';

const KEYS_MAX = 1_000;

/** Creates a key of a shop. Its quota may exceed what shops can set themselves. */
export const createKey: AdminCommand = {
  usage:
    '--shop SHOP --name NAME --scopes A,B|all [--require-signature] [--expires-at TIME] [--quota N]',
  help: 'creates an API key and prints it',
  options: {
    shop: { type: 'string' },
    name: { type: 'string' },
    scopes: { type: 'string' },
    'require-signature': { type: 'boolean' },
    'expires-at': { type: 'string' },
    quota: { type: 'string' },
  },
  run: async (values) => {
    const name = required(values, 'name');
    const scopes = parseScopes(required(values, 'scopes'));
    const requireSignature = values['require-signature'] === true;
    const settings = {
      ...parseExpiry(values),
      ...parseQuota(values),
      ...(requireSignature && { requireSignature }),
    };
    const secretsKey = await readSecretsKey(readEnv());
    if (requireSignature && secretsKey === undefined) {
      throw new Error('SECRETS_KEY must be set: the signing secret is derived from it.');
    }
    return withRecord(async ({ store, toEntry }) => {
      const { _id: shopId } = await findShop(store, values);
      const request = { shopId, name, scopes, ...settings };
      const key = await inAuditedTransaction(
        store,
        (session) => createApiKey(store, request, new Date(), session),
        ({ id: target }) =>
          toEntry({ command: 'create-key', target, shopId, detail: { name, scopes } }),
      );
      return { shopId, ...withSecrets(key, secretsKey) };
    });
  },
};

/** Lists the newest `KEYS_MAX` keys of a shop, including revoked keys, without their secrets. */
export const listKeys: AdminCommand = {
  usage: '--shop SHOP',
  help: 'lists the keys of a shop, including revoked keys',
  options: { shop: { type: 'string' } },
  run: (values) =>
    withRecord(async ({ store, note }) => {
      const { _id: shopId } = await findShop(store, values);
      const projection = { hash: 0, previousHash: 0 };
      const keys = await store.apiKeys
        .find<Omit<ApiKeyRecord, 'hash' | 'previousHash'>>({ shopId }, { projection })
        .sort({ _id: -1 })
        .limit(KEYS_MAX)
        .toArray();
      await note({ command: 'list-keys', target: shopId, shopId });
      return keys.map(({ _id, ...key }) => ({ keyId: _id, ...key }));
    }),
};

/** Revokes a key by its id, or by the key itself if it has leaked. */
export const revokeKey: AdminCommand = {
  usage: '--key ID | --stdin',
  help: 'revokes a key, by its id or by the key on standard input',
  options: { key: { type: 'string' }, stdin: { type: 'boolean' } },
  run: (values, stdin) =>
    withRecord(async ({ store, toEntry, note }) => {
      const key = await store.apiKeys.findOne(await toFilter(values, stdin));
      if (key === null) throw new Error('There is no such key.');
      const { _id, shopId } = key;
      const toNote = (isRevoked: boolean) =>
        ({ command: 'revoke-key', target: _id, shopId, detail: { isRevoked } }) as const;
      const entry = toEntry(toNote(true));
      const isRevoked = await revokeApiKey(store, { _id }, new Date(), entry);
      if (!isRevoked) await note(toNote(false));
      return { keyId: _id, shopId, wasRevokedBefore: !isRevoked };
    }),
};

async function toFilter(values: CommandValues, stdin: Readable) {
  if (values['stdin'] !== true) return { _id: required(values, 'key') };
  const hash = hashApiKey((await text(stdin)).trim());
  return { $or: [{ hash }, { previousHash: hash }] };
}

/** Returns a created key with its secrets, which are printed only once. */
export function withSecrets({ id, apiKey, record }: CreatedKey, secretsKey: string | undefined) {
  const { name, scopes, generation = 0 } = record;
  const common = { keyId: id, name, scopes, apiKey };
  if (secretsKey === undefined) return common;
  return { ...common, signingSecret: toSigningSecret(secretsKey, id, generation) };
}

function parseScopes(text: string): readonly Scope[] {
  if (text === 'all') return SCOPES;
  const words = text.split(',').map((word) => word.trim());
  const unknown = words.filter((word) => !SCOPES.some((scope) => scope === word));
  if (unknown.length === 0) return SCOPES.filter((scope) => words.includes(scope));
  throw new Error(
    `No such scope: ${unknown.join(', ')}. The scopes are ${SCOPES.join(', ')}; all means each of them.`,
  );
}

function parseExpiry(values: CommandValues): { readonly expiresAt?: Date } {
  const text = optional(values, 'expires-at');
  if (text === undefined) return {};
  const expiresAt = moment.safeParse(text).data;
  if (expiresAt !== undefined && expiresAt > new Date()) return { expiresAt };
  throw new Error('--expires-at must be a future time in the form 2030-01-01T00:00:00Z.');
}

function parseQuota(values: CommandValues): { readonly quotaPerMinute?: number } {
  const text = optional(values, 'quota');
  if (text === undefined) return {};
  if (/^[1-9]\d{0,8}$/.test(text)) return { quotaPerMinute: Number(text) };
  throw new Error('--quota must be a whole number of requests per minute, from 1 to 999999999.');
}
