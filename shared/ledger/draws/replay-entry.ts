import { RefusedError } from '../../domain/errors.ts';
import type { Session, Store } from '../../store/store.ts';
import { readDraw, updateDraw } from './draw-store.ts';

/**
 * Lets a parked entry take part in its draw again. Runs in the transaction that sets the checkout
 * to `waiting`. Moves the position of the draw back to the entry, so that the entry is the next to
 * get units, if they are enough for it.
 * @throws RefusedError draw_closed if the draw gives out no more units
 */
export async function replayEntry(
  store: Store,
  session: Session,
  { drawId, checkoutId }: { readonly drawId: string; readonly checkoutId: string },
): Promise<void> {
  const draw = await readDraw(store, session, drawId);
  if (draw?.status !== 'closed' || draw.isFinishing === true) {
    const extra = { drawId, ...(draw && { closesAt: draw.closesAt.toISOString() }) };
    const detail = 'The draw of this checkout gives out no more units.';
    throw new RefusedError('draw_closed', detail, [], extra);
  }
  const entry = await store.drawEntries.findOne({ _id: checkoutId }, { session });
  const position = Math.min(draw.position, entry?.rank ?? draw.position);
  await updateDraw(store, session, draw, { $set: { position }, $inc: { replays: 1 } });
}
