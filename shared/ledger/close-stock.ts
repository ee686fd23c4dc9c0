import { RefusedError } from '../domain/errors.ts';
import type { Clock } from '../runtime/clock.ts';
import { newId } from '../runtime/ids.ts';
import type { MovementRecord } from '../store/collections/movements.ts';
import type { Session, Store } from '../store/store.ts';
import { writable } from '../store/writable.ts';
import { readStock, writeStock } from './stock-writes.ts';

interface Removal {
  readonly variantIds: readonly string[];
  /** Who removes them. */
  readonly actor: string;
}

const NO_UNITS = { onHand: 0, reserved: 0, sold: 0 };

/**
 * Makes sure, in the transaction that removes variants from their product, that nothing of them is
 * left. A movement of no units makes a version of its own, so that whoever changes the stock at
 * the same time is in conflict with the removal. The level stays, for the record.
 * @throws RefusedError variant_has_stock
 * @throws StaleReadError when the transaction is to be run again
 */
export async function closeStock(
  { store, clock }: { readonly store: Store; readonly clock: Clock },
  session: Session,
  { variantIds, actor }: Removal,
): Promise<void> {
  if (variantIds.length === 0) return;
  const levels = await readStock(store, session, variantIds);
  const stocked = levels.find(({ onHand, reserved }) => onHand > 0 || reserved > 0);
  if (stocked !== undefined) {
    const { variantId, onHand, reserved } = stocked;
    const message = `Units of ${variantId} are in stock: a variant is removed when it has none.`;
    const fields = [{ path: 'variants', message }];
    throw new RefusedError('variant_has_stock', message, fields, { variantId, onHand, reserved });
  }
  if (levels.length === 0) return;
  const at = clock.now();
  const movements = levels.map(
    ({ variantId, shopId, version }): MovementRecord => ({
      _id: newId('mov'),
      variantId,
      shopId,
      version: version + 1,
      kind: 'adjust',
      delta: NO_UNITS,
      reason: 'removed from its product',
      actor,
      at,
    }),
  );
  await writable(store).movements.insertMany(movements, { session, ordered: false });
  const changes = levels.map(({ variantId, version }) => ({
    variantId,
    fromVersion: version,
    toVersion: version + 1,
    delta: NO_UNITS,
  }));
  await writeStock(store, session, changes);
}
