import { createApiKey } from '../../shared/access/api-key-record.ts';
import { SCOPES, type Scope } from '../../shared/domain/scopes.ts';
import { type AdminCommand, asJson, type Given, needed, optional } from './command.ts';
import { knownSecretsKey, shownKey } from './new-key.ts';
import { findShop, withRecord } from './record.ts';

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
  run: async (given) => {
    const name = needed(given, 'name');
    const scopes = parseScopes(needed(given, 'scopes'));
    const requireSignature = given['require-signature'] === true;
    const settings = {
      ...parseExpiry(given),
      ...parseQuota(given),
      ...(requireSignature && { requireSignature }),
    };
    const secretsKey = await knownSecretsKey();
    if (requireSignature && secretsKey === undefined) {
      throw new Error('SECRETS_KEY must be set: the signing secret is derived from it.');
    }
    return withRecord(async ({ store, note }) => {
      const { _id: shopId } = await findShop(store, needed(given, 'shop'));
      const key = await createApiKey(store, { shopId, name, scopes, ...settings }, new Date());
      await note({ command: 'create-key', target: key.id, shopId, detail: { name, scopes } });
      return asJson({ shopId, ...shownKey(key, secretsKey) });
    });
  },
};

function parseScopes(text: string): readonly Scope[] {
  if (text === 'all') return SCOPES;
  const named = text.split(',').map((word) => word.trim());
  const unknown = named.filter((word) => !SCOPES.some((scope) => scope === word));
  if (unknown.length === 0) return SCOPES.filter((scope) => named.includes(scope));
  throw new Error(`No such scope: ${unknown.join(', ')}. There are ${SCOPES.join(', ')}, or all.`);
}

function parseExpiry(given: Given): { readonly expiresAt?: Date } {
  const text = optional(given, 'expires-at');
  if (text === undefined) return {};
  const expiresAt = new Date(text);
  if (expiresAt > new Date()) return { expiresAt };
  throw new Error('--expires-at must be a future time, like 2030-01-01T00:00:00Z.');
}

function parseQuota(given: Given): { readonly quotaPerMinute?: number } {
  const text = optional(given, 'quota');
  if (text === undefined) return {};
  if (/^[1-9]\d{0,8}$/.test(text)) return { quotaPerMinute: Number(text) };
  throw new Error('--quota must be a whole number of requests per minute.');
}
