import type { CheckoutRecord } from '../../store/collections/checkouts.ts';
import type { ProductRecord } from '../../store/collections/products.ts';
import type { Session } from '../../store/store.ts';
import type { LedgerContext } from '../ledger.ts';

/** The checkouts with these ids, as they stand now or at a snapshot; missing ones are left out. */
export async function readCheckouts(
  context: LedgerContext,
  ids: readonly string[],
  session?: Session,
): Promise<Map<string, CheckoutRecord>> {
  if (ids.length === 0) return new Map();
  const records = await context.store.checkouts
    .find<CheckoutRecord>({ _id: { $in: [...ids] } }, { ...(session && { session }) })
    .toArray();
  return new Map(records.map((record) => [record._id, record]));
}

/** Those of the candidates that nobody has settled at the transaction's snapshot. */
export async function readStillQueued(
  context: LedgerContext,
  session: Session,
  candidates: readonly CheckoutRecord[],
): Promise<CheckoutRecord[]> {
  const ids = candidates.map((record) => record._id);
  const found = await context.store.checkouts
    .find<{ _id: string }>(
      { _id: { $in: ids }, status: 'queued' },
      { session, projection: { _id: 1 } },
    )
    .toArray();
  const queued = new Set(found.map((record) => record._id));
  return candidates.filter((record) => queued.has(record._id));
}

/**
 * Ids of these products' variants that may be bought at the transaction's snapshot. The level of a
 * variant that was removed from its product stays, so a level alone is no leave to sell.
 */
export async function readForSale(
  context: LedgerContext,
  session: Session,
  productIds: readonly string[],
): Promise<Set<string>> {
  const found = await context.store.products
    .find<Pick<ProductRecord, 'variants'>>(
      { _id: { $in: [...productIds] }, status: 'published' },
      { session, projection: { _id: 0, 'variants.id': 1 } },
    )
    .toArray();
  return new Set(found.flatMap(({ variants }) => variants.map(({ id }) => id)));
}
