import { RefusedError } from '../domain/errors.ts';
import type { StockChange, StockLevel } from '../domain/vocabulary.ts';
import type { Clock } from '../runtime/clock.ts';
import { newId } from '../runtime/ids.ts';
import { byIds, inOneBatch } from '../store/by-ids.ts';
import type { MovementRecord } from '../store/collections/movements.ts';
import type { StockRecord } from '../store/collections/stock.ts';
import type { Session, Store } from '../store/store.ts';
import { StaleReadError } from '../store/transaction.ts';
import type { BulkWrite } from '../store/typed-collection.ts';
import { writable } from '../store/writable.ts';
import { CONDITIONS_MAX, haveVersions } from './written-versions.ts';

/** Reads the levels of `variantIds` at the transaction's snapshot; unknown ids are left out. */
export async function readStock(
  store: Store,
  session: Session,
  variantIds: readonly string[],
): Promise<StockLevel[]> {
  const records = await store.stock
    .find<StockRecord>(byIds(variantIds), { ...inOneBatch(variantIds), session })
    .toArray();
  return records.map(toStockLevel);
}

/** Returns a stock document with the names that the domain uses. */
export function toStockLevel({ _id, ...counters }: StockRecord): StockLevel {
  return { variantId: _id, ...counters };
}

/** Returns the movement of a change that led to this level, with the version of the level. */
export function toMovement(
  { variantId, shopId, version }: Pick<StockLevel, 'variantId' | 'shopId' | 'version'>,
  change: Omit<MovementRecord, '_id' | 'variantId' | 'shopId' | 'version'>,
): MovementRecord {
  return { _id: newId('mov'), variantId, shopId, version, ...change };
}

/**
 * Writes each level on the condition that it has not changed since the decision. This condition is
 * the guarantee against overselling.
 * @throws StaleReadError if a level has changed; the transaction must then run again
 */
export async function writeStock(
  store: Store,
  session: Session,
  changes: readonly StockChange[],
): Promise<void> {
  if (changes.length === 0) return;
  const isWritten =
    changes.length <= CONDITIONS_MAX
      ? await writeEach(store, session, changes)
      : await writeAlike(store, session, changes);
  if (!isWritten) throw new StaleReadError('a stock level');
}

type WriteChanges = (
  store: Store,
  session: Session,
  changes: readonly StockChange[],
) => Promise<boolean>;

const writeEach: WriteChanges = async (store, session, changes) => {
  const result = await writable(store).stock.bulkWrite(
    changes.map((change) => ({
      updateOne: {
        filter: { _id: change.variantId, version: change.fromVersion },
        update: toUpdate(change),
      },
    })),
    { session, ordered: false },
  );
  return result.matchedCount === changes.length;
};

/**
 * If at least this many levels have the same change, one statement for all of them costs less than
 * one for each.
 */
const ALIKE_MIN = 3;

/**
 * Writes levels by their ids alone, with one statement for all levels that have the same change.
 * Then reads them, and returns whether each has the version that was decided.
 */
const writeAlike: WriteChanges = async (store, session, changes) => {
  const alike = Map.groupBy(changes, (change) => JSON.stringify(toUpdate(change)));
  const { stock } = writable(store);
  const writes = Array.from(alike.values()).flatMap((group): BulkWrite<StockRecord>[] => {
    const [change] = group;
    if (change === undefined) return [];
    const update = toUpdate(change);
    const ids = group.map(({ variantId }) => variantId);
    if (ids.length < ALIKE_MIN)
      return ids.map((_id) => ({ updateOne: { filter: { _id }, update } }));
    return [{ updateMany: { filter: { _id: { $in: ids } }, update } }];
  });
  await stock.bulkWrite(writes, { session, ordered: false });
  const expected = new Map(changes.map(({ variantId, toVersion }) => [variantId, toVersion]));
  return haveVersions(stock, session, 'version', expected);
};

function toUpdate({ delta, fromVersion, toVersion, heldByUnlisted, waits, lapses }: StockChange) {
  const $inc = {
    ...delta,
    version: toVersion - fromVersion,
    ...(heldByUnlisted && { heldByUnlisted }),
  };
  const newLapses = lapses !== undefined && { lapses };
  if (waits === undefined) return { $inc, ...(newLapses && { $set: newLapses }) };
  const { mark, freedAt } = waits;
  const removed = {
    ...(mark === 'none' && { waits: '' as const }),
    ...((mark === 'none' || freedAt === null) && { freedAt: '' as const }),
  };
  const newFreedAt = mark !== 'none' && freedAt && { freedAt };
  const $set = (newFreedAt || newLapses) && { ...newFreedAt, ...newLapses };
  return {
    $inc: { ...$inc, ...(mark === 'begun' && { waits: 1 }) },
    ...($set && { $set }),
    ...(Object.keys(removed).length > 0 && { $unset: removed }),
  };
}

/** A product, with those of its variants that are new. */
interface NewVariants {
  readonly _id: string;
  readonly shopId: string;
  readonly variants: readonly { readonly id: string }[];
}

/**
 * Inserts a stock level without units for each new variant, in the transaction that creates the
 * variant.
 */
export async function openStock(
  store: Store,
  session: Session,
  products: readonly NewVariants[],
): Promise<void> {
  const levels = products.flatMap(({ _id: productId, shopId, variants }) =>
    variants.map(({ id }) => ({ _id: id, productId, shopId, ...NO_UNITS, version: 0 })),
  );
  if (levels.length === 0) return;
  await writable(store).stock.insertMany(levels, { session, ordered: true });
}

interface Removal {
  readonly variantIds: readonly string[];
  /** The actor that removes the variants. */
  readonly actor: string;
}

const NO_UNITS = { onHand: 0, reserved: 0, sold: 0 };

/**
 * Checks, in the transaction that removes variants from their product, that no units of them are on
 * hand or reserved. Gives each level a new version, with a movement of no units, so that a
 * concurrent change of the level conflicts with the removal. The level itself is kept.
 * @throws RefusedError variant_has_stock if a variant has units
 * @throws StaleReadError if a level has changed; the transaction must then run again
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
    const message = `${variantId} has units in stock: only a variant without units can be removed.`;
    const fields = [{ path: 'variants', message }];
    throw new RefusedError('variant_has_stock', message, fields, { variantId, onHand, reserved });
  }
  if (levels.length === 0) return;
  const at = clock.now();
  const reason = 'removed from its product';
  const removal = { kind: 'adjust', delta: NO_UNITS, reason, actor, at } as const;
  const movements = levels.map((level) =>
    toMovement({ ...level, version: level.version + 1 }, removal),
  );
  await writable(store).movements.insertMany(movements, { session, ordered: false });
  const changes = levels.map(({ variantId, version: fromVersion }) => {
    return { variantId, fromVersion, toVersion: fromVersion + 1, delta: NO_UNITS };
  });
  await writeStock(store, session, changes);
}

/**
 * Sets the number of available units at or below which stock counts as low; null for never. The
 * level gets no new version and no movement, and there is no event even if stock is low already.
 * @returns undefined if there is no such variant
 */
export async function setLowStockThreshold(
  { store }: { readonly store: Store },
  variantId: string,
  threshold: number | null,
): Promise<StockLevel | undefined> {
  const record = await writable(store).stock.findOneAndUpdate(
    { _id: variantId },
    threshold === null
      ? { $unset: { lowStockThreshold: '' } }
      : { $set: { lowStockThreshold: threshold } },
    { returnDocument: 'after', writeConcern: { w: 'majority', j: true } },
  );
  return record === null ? undefined : toStockLevel(record as unknown as StockRecord);
}
