import type { ApiKeyRecord } from '../store/collections/api-keys.ts';
import type { Store } from '../store/store.ts';
import { hashApiKey, newApiKey } from './api-key.ts';
import type { CreatedKey } from './create-api-key.ts';

/** Which key is meant; with a shop, only if it is the shop's. */
interface WhichKey {
  readonly _id: string;
  readonly shopId?: string;
}

/**
 * Gives a key a new secret. The one before works until `previousUntil`, the one before that no
 * longer: a key never has more than two. Undefined when there is no such key, or it was revoked.
 */
export async function rotateApiKey(
  store: Store,
  which: WhichKey,
  previousUntil: Date,
): Promise<CreatedKey | undefined> {
  const apiKey = newApiKey();
  const record = (await store.apiKeys.findOneAndUpdate(
    { ...(which as object), revokedAt: { $exists: false } },
    [
      {
        $set: {
          hash: hashApiKey(apiKey),
          previousHash: '$hash',
          previousUntil,
          generation: { $add: [{ $ifNull: ['$generation', 0] }, 1] },
        },
      },
    ],
    { returnDocument: 'after' },
  )) as ApiKeyRecord | null;
  return record === null ? undefined : { id: record._id, apiKey, record };
}

/** Ends a key for good; false when there is no such key, or it was revoked before. */
export async function revokeApiKey(
  store: Store,
  which: WhichKey,
  revokedAt: Date,
): Promise<boolean> {
  const result = await store.apiKeys.updateOne(
    { ...(which as object), revokedAt: { $exists: false } },
    { $set: { revokedAt } },
  );
  return result.modifiedCount === 1;
}
