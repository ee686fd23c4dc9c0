import { z } from 'zod';
import { toSigningSecret } from '../../api/access/signing-secret.ts';
import { hashApiKey } from '../../shared/access/api-key.ts';
import { createApiKey } from '../../shared/access/api-key-record.ts';
import { SCOPES, type Scope } from '../../shared/domain/scopes.ts';
import type { ApiKeyRecord } from '../../shared/store/collections/api-keys.ts';
import type { Store } from '../../shared/store/store.ts';

/** The scopes that a storefront needs, also to confirm orders that are paid. */
export const STOREFRONT_SCOPES: readonly Scope[] = [
  'catalog:read',
  'carts:write',
  'checkouts:write',
  'orders:write',
];

const key = z.object({ apiKey: z.string() });
const earlierKeys = z.object({
  seller: key.optional(),
  storefront: key.optional(),
  signing: key.optional(),
});

/** The API keys of the demo shop. `signing` requires the system's secrets key. */
export interface DemoKeys {
  readonly seller: { readonly apiKey: string };
  readonly storefront: { readonly apiKey: string };
  readonly signing?: { readonly apiKey: string; readonly keyId: string; readonly secret: string };
}

type DemoKey = Pick<ApiKeyRecord, 'name' | 'scopes' | 'requireSignature'>;

/** The settings of each key. */
const DEMO_KEYS = {
  seller: { name: 'demo seller', scopes: SCOPES },
  storefront: { name: 'demo storefront', scopes: STOREFRONT_SCOPES },
  signing: { name: 'demo signing', scopes: STOREFRONT_SCOPES, requireSignature: true },
} as const;

/**
 * Returns the keys of `previous` that still work, and creates the others. The database stores only
 * hashes of keys. Returns no `signing` key without `secretsKey`.
 */
export async function demoKeys(
  store: Store,
  shopId: string,
  { previous, secretsKey }: { readonly previous: unknown; readonly secretsKey: string | undefined },
): Promise<DemoKeys> {
  const earlier = earlierKeys.safeParse(previous).data;
  const keyFor = async (name: keyof typeof DEMO_KEYS) => {
    const demo: DemoKey = DEMO_KEYS[name];
    const apiKey = earlier?.[name]?.apiKey;
    const working =
      apiKey === undefined ? undefined : await findWorking(store, shopId, demo, apiKey);
    if (apiKey !== undefined && working !== undefined) return { apiKey, record: working };
    return createApiKey(store, { shopId, ...demo }, new Date());
  };
  const [seller, storefront] = [await keyFor('seller'), await keyFor('storefront')];
  const keys = {
    seller: { apiKey: seller.apiKey },
    storefront: { apiKey: storefront.apiKey },
  };
  if (secretsKey === undefined) return keys;
  const { apiKey, record } = await keyFor('signing');
  const secret = toSigningSecret(secretsKey, record._id, record.generation ?? 0);
  return { ...keys, signing: { apiKey, keyId: record._id, secret } };
}

async function findWorking(
  store: Store,
  shopId: string,
  { scopes, requireSignature }: DemoKey,
  apiKey: string,
): Promise<ApiKeyRecord | undefined> {
  const record = await store.apiKeys.findOne({ hash: hashApiKey(apiKey), shopId });
  if (record === null || record.revokedAt !== undefined) return undefined;
  if (record.requireSignature !== requireSignature) return undefined;
  return scopes.every((scope) => record.scopes.includes(scope)) ? record : undefined;
}
