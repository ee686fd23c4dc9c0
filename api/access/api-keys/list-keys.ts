import type { ApiKeyRecord } from '../../../shared/store/collections/api-keys.ts';
import type { Store } from '../../../shared/store/store.ts';
import { READ_TIMEOUT_MS } from '../../http/bounds.ts';
import type { Principal } from '../../http/principal.ts';
import { accessOwnedBy } from '../visibility.ts';

/** Lists keys that are not revoked, newest first; one more than `limit`, if there is one. */
export async function listKeys(
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
