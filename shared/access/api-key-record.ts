import { writeAudit } from '../audit/write-audit.ts';
import { newId } from '../runtime/ids.ts';
import type { ApiKeyRecord } from '../store/collections/api-keys.ts';
import type { AuditRecord } from '../store/collections/audit.ts';
import type { Session, Store } from '../store/store.ts';
import { inTransaction } from '../store/transaction.ts';
import { hashApiKey, newApiKey } from './api-key.ts';

/** The settings of a new key. */
type KeyRequest = Pick<
  ApiKeyRecord,
  'shopId' | 'name' | 'scopes' | 'requireSignature' | 'quotaPerMinute' | 'expiresAt'
>;

/** A key with its secret, `apiKey`, which is not stored and so cannot be shown again. */
export interface CreatedKey {
  readonly id: string;
  readonly apiKey: string;
  readonly record: ApiKeyRecord;
}

/** Selects a key by its id and, if given, its shop. */
interface KeyFilter {
  readonly _id: string;
  readonly shopId?: string;
}

const NOT_REVOKED = { revokedAt: { $exists: false } };

/** Creates an API key and stores its hash, in the transaction of the session if there is one. */
export async function createApiKey(
  store: Store,
  request: KeyRequest,
  createdAt: Date,
  session?: Session,
): Promise<CreatedKey> {
  const id = newId('key');
  const apiKey = newApiKey();
  const record: ApiKeyRecord = { _id: id, ...request, hash: hashApiKey(apiKey), createdAt };
  await store.apiKeys.insertOne(record, { ...(session && { session }) });
  return { id, apiKey, record };
}

/**
 * Replaces the secret of a key, and writes the audit entry in the same transaction. The replaced
 * secret works until `previousUntil`; if that is absent, it stops working at once, also in processes
 * whose clocks are behind. A secret that an earlier rotation replaced stops working at once, so a key
 * never has more than two secrets. Returns undefined when the key does not exist or is revoked.
 */
export async function rotateApiKey(
  store: Store,
  filter: KeyFilter,
  previousUntil: Date | undefined,
  entry: AuditRecord,
): Promise<CreatedKey | undefined> {
  const apiKey = newApiKey();
  const hash = hashApiKey(apiKey);
  const update = [
    {
      $set: {
        hash,
        generation: { $add: [{ $ifNull: ['$generation', 0] }, 1] },
        ...(previousUntil !== undefined && { previousHash: '$hash', previousUntil }),
      },
    },
    ...(previousUntil === undefined ? [{ $unset: ['previousHash', 'previousUntil'] }] : []),
  ];
  return inTransaction(store, async (session) => {
    const current = { ...(filter as object), ...NOT_REVOKED, hash: { $ne: hash } };
    const { modifiedCount } = await store.apiKeys.updateOne(current, update, { session });
    if (modifiedCount === 1) await writeAudit(store, [entry], session);
    // A retry after a commit whose answer was lost finds the new secret.
    const rotated = { ...(filter as object), hash };
    const record = await store.apiKeys.findOne<ApiKeyRecord>(rotated, { session });
    return record === null ? undefined : { id: record._id, apiKey, record };
  });
}

/**
 * Revokes a key permanently, and writes the audit entry, if there is one, in the same transaction.
 * Returns false when the key does not exist or is already revoked.
 */
export async function revokeApiKey(
  store: Store,
  filter: KeyFilter,
  revokedAt: Date,
  entry?: AuditRecord,
): Promise<boolean> {
  return inTransaction(store, async (session) => {
    const { modifiedCount } = await store.apiKeys.updateOne(
      { ...(filter as object), ...NOT_REVOKED },
      { $set: { revokedAt } },
      { session },
    );
    if (modifiedCount === 1) {
      if (entry !== undefined) await writeAudit(store, [entry], session);
      return true;
    }
    // A retry after a commit whose answer was lost finds the key revoked at this time.
    const revoked = { ...(filter as object), revokedAt };
    return (await store.apiKeys.countDocuments(revoked, { session })) === 1;
  });
}
