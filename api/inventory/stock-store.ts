import { RefusedError } from '../../shared/domain/errors.ts';
import type { StockLevel } from '../../shared/domain/vocabulary.ts';
import { levelOf } from '../../shared/ledger/stock-writes.ts';
import type { MovementRecord } from '../../shared/store/collections/movements.ts';
import type { StockRecord } from '../../shared/store/collections/stock.ts';
import type { Store } from '../../shared/store/store.ts';
import { stockOwnedBy } from '../access/visibility.ts';
import { READ_TIMEOUT_MS } from '../http/bounds.ts';
import type { Principal } from '../http/principal.ts';

/** @throws RefusedError not_found unless the variant is the caller's */
export async function findLevel(
  store: Store,
  principal: Principal,
  variantId: string,
): Promise<StockLevel> {
  const found = await store.stock
    .findOne({ _id: variantId, ...stockOwnedBy(principal) })
    .maxTimeMS(READ_TIMEOUT_MS)
    .lean<StockRecord>();
  if (found !== null) return levelOf(found);
  throw new RefusedError('not_found', 'There is no such variant of this shop.');
}

/** Newest first, beginning below version `below`; one more than `limit`, if there is one. */
export async function listMovements(
  store: Store,
  principal: Principal,
  variantId: string,
  page: { readonly limit: number; readonly below: number | undefined },
): Promise<MovementRecord[]> {
  const { limit, below } = page;
  return store.movements
    .find({
      variantId,
      ...stockOwnedBy(principal),
      ...(below !== undefined && { version: { $lt: below } }),
    })
    .sort({ version: -1 })
    .limit(limit + 1)
    .maxTimeMS(READ_TIMEOUT_MS)
    .lean<MovementRecord[]>();
}
