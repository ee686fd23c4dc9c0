import { RefusedError } from '../../../shared/domain/errors.ts';
import type { ApiKeyRecord } from '../../../shared/store/collections/api-keys.ts';
import type { Store } from '../../../shared/store/store.ts';
import { READ_TIMEOUT_MS } from '../../http/bounds.ts';
import type { Principal } from '../../http/principal.ts';
import { accessOwnedBy } from '../visibility.ts';

/** Keys of the caller's shop that were not revoked, newest first; one more than `limit`, if there is. */
export async function queryKeys(
  store: Store,
  principal: Principal,
  { limit, after }: { readonly limit: number; readonly after: string | undefined },
): Promise<ApiKeyRecord[]> {
  return store.apiKeys
    .find<ApiKeyRecord>(
      {
        ...accessOwnedBy(principal),
        revokedAt: { $exists: false },
        ...(after !== undefined && { _id: { $lt: after } }),
      },
      { maxTimeMS: READ_TIMEOUT_MS },
    )
    .sort({ _id: -1 })
    .limit(limit + 1)
    .toArray();
}

/** What is told of a key that does not exist, or not for this caller. */
export function noSuchKey(): RefusedError {
  return new RefusedError('not_found', 'There is no such key.');
}
