import { newId } from '../runtime/ids.ts';
import type { ApiKeyRecord } from '../store/collections/api-keys.ts';
import type { Store } from '../store/store.ts';
import { hashApiKey, newApiKey } from './api-key.ts';

/** What a new key is for. */
type KeyRequest = Pick<
  ApiKeyRecord,
  'shopId' | 'name' | 'scopes' | 'requireSignature' | 'quotaPerMinute' | 'expiresAt'
>;

/** A key that was made; `apiKey` is the key itself, which is never to be had again. */
export interface CreatedKey {
  readonly id: string;
  readonly apiKey: string;
  readonly record: ApiKeyRecord;
}

/** Makes and stores a key. */
export async function createApiKey(
  store: Store,
  request: KeyRequest,
  createdAt: Date,
): Promise<CreatedKey> {
  const id = newId('key');
  const apiKey = newApiKey();
  const record: ApiKeyRecord = { _id: id, ...request, hash: hashApiKey(apiKey), createdAt };
  await store.apiKeys.insertOne(record);
  return { id, apiKey, record };
}
