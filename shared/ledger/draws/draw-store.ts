import type { StockChanges } from '../../domain/stock-changes.ts';
import type { DrawRecord } from '../../store/collections/draws.ts';
import type { MovementRecord } from '../../store/collections/movements.ts';
import type { Session, Store } from '../../store/store.ts';
import { StaleReadError } from '../../store/transaction.ts';
import type { Update } from '../../store/typed-collection.ts';
import type { EventDraft } from '../commit.ts';
import { toMovement } from '../stock-levels.ts';

type DrawEvent = 'draw.opened' | 'draw.closed' | 'draw.settled' | 'draw.cancelled';

/** Reads a draw at the transaction's snapshot. Returns undefined if there is no such draw. */
export async function readDraw(
  { draws }: Store,
  session: Session,
  drawId: string,
): Promise<DrawRecord | undefined> {
  return (await draws.findOne({ _id: drawId }, { session })) ?? undefined;
}

/**
 * Changes a draw on the condition that it has not changed since it was read.
 * @throws StaleReadError if it has; the transaction must then run again
 */
export async function updateDraw(
  { draws }: Store,
  session: Session,
  { _id, revision }: Pick<DrawRecord, '_id' | 'revision'>,
  { $inc, ...update }: Pick<Update<DrawRecord>, '$set' | '$unset' | '$inc'>,
): Promise<void> {
  const { matchedCount } = await draws.updateOne(
    { _id, revision },
    { ...update, $inc: { ...$inc, revision: 1 } },
    { session },
  );
  if (matchedCount !== 1) throw new StaleReadError(`draw ${_id}`);
}

/** Units that a draw sets aside (positive) or gives out (negative), and the cause. */
interface HeldUnits {
  readonly units: number;
  readonly reason: string;
  readonly actor: string;
  readonly at: Date;
}

/** Sets units of `stock` aside for a draw or gives them out, and returns the movement. */
export function moveHeld(
  stock: StockChanges,
  { _id: reference, variantId }: Pick<DrawRecord, '_id' | 'variantId'>,
  { units, ...cause }: HeldUnits,
): MovementRecord {
  const delta = { onHand: 0, reserved: units, sold: 0 };
  const level = stock.change(variantId, delta);
  return toMovement(level, { kind: 'draw', delta, reference, ...cause });
}

/** Returns an event of a draw; `draw` is the draw after the change. */
export function toDrawEvent(draw: DrawRecord, type: DrawEvent): EventDraft {
  const { _id: subjectId, shopId, productId, variantId, quantity, revision } = draw;
  const { opensAt, closesAt, seedHash, seed, entryCount } = draw;
  return {
    ...{ type, subjectId, seq: revision, shopIds: [shopId] },
    data: {
      ...{ productId, variantId, quantity, seedHash },
      ...{ opensAt: opensAt.toISOString(), closesAt: closesAt.toISOString() },
      ...(seed !== undefined && { seed }),
      ...(entryCount !== undefined && { entryCount }),
    },
  };
}
