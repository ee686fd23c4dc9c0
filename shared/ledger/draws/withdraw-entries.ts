import { byIds } from '../../store/by-ids.ts';
import type { CheckoutRecord } from '../../store/collections/checkouts.ts';
import type { Session, Store } from '../../store/store.ts';
import { countAtGate } from './gates.ts';

/**
 * Removes withdrawn checkouts from the entries of draws that have not closed, in the transaction
 * that withdraws them. Their buyers can then enter again. Entries of a closed draw stay in its
 * drawn order, which is fixed.
 */
export async function withdrawEntries(
  store: Store,
  session: Session,
  withdrawn: readonly CheckoutRecord[],
): Promise<void> {
  const entries = withdrawn.filter(({ drawId }) => drawId !== undefined);
  for (const [drawId, group] of Map.groupBy(entries, (entry) => entry.drawId ?? '')) {
    const counted = await countAtGate(store, session, drawId, -group.length);
    if (counted === 'closed') continue;
    await store.drawEntries.deleteMany(byIds(group.map(({ _id }) => _id)), { session });
  }
}
