import type { DrawRecord } from '../../store/collections/draws.ts';
import { commit } from '../commit.ts';
import type { LedgerContext } from '../ledger.ts';
import { readDraw, toDrawEvent, updateDraw } from './draw-store.ts';
import { giveBackHeld } from './finish-draw.ts';
import { closeGates, countEntries } from './gates.ts';

/** Announces a draw that has opened. Entries do not wait for this. */
export async function openDraw(context: LedgerContext, drawId: string): Promise<boolean> {
  const { store, clock } = context;
  return commit(context, [], async (session) => {
    const draw = await readDraw(store, session, drawId);
    const at = clock.now();
    if (draw?.status !== 'scheduled' || at < draw.opensAt) return { result: false };
    const opened: DrawRecord = { ...draw, status: 'open', revision: draw.revision + 1 };
    const write = () => updateDraw(store, session, draw, { $set: { status: 'open' } });
    return {
      result: true,
      changes: { at, write, events: [toDrawEvent(opened, 'draw.opened')] },
    };
  });
}

/**
 * Closes a draw whose time has come and publishes its seed. From then on its entries are fixed. The
 * gates close first, so entries stored before are counted and later ones are refused.
 */
export async function closeDraw(
  context: LedgerContext,
  { _id: drawId, closesAt }: Pick<DrawRecord, '_id' | 'closesAt'>,
): Promise<boolean> {
  const { store, clock } = context;
  if (clock.now() < closesAt) return false;
  await closeGates(store, drawId);
  return commit(context, [], async (session) => {
    const draw = await readDraw(store, session, drawId);
    if (draw?.status !== 'open' && draw?.status !== 'scheduled') return { result: false };
    const kept = await store.drawSeeds.findOne({ _id: drawId }, { session });
    if (kept === null) throw new RangeError(`draw ${drawId} has lost its seed`);
    const closedAt = clock.now();
    const entryCount = await countEntries(store, drawId, session);
    const published = { status: 'closed' as const, seed: kept.seed, entryCount, closedAt };
    const closed: DrawRecord = { ...draw, ...published, revision: draw.revision + 1 };
    const write = async () => {
      await updateDraw(store, session, draw, { $set: published });
      await store.drawSeeds.deleteOne({ _id: drawId }, { session });
    };
    return {
      result: true,
      changes: { at: closedAt, write, events: [toDrawEvent(closed, 'draw.closed')] },
    };
  });
}

/** The result of a cancellation; `draw` is the draw after it. */
export type CancelledDraw = {
  readonly kind: 'cancelled' | 'unchanged' | 'too_late';
  readonly draw: DrawRecord;
};

/**
 * Cancels a draw that has not closed: its units go back on sale at once, and a worker rejects its
 * entries. Its seed is never published. The cancellation is stored before the gates close, so it is
 * never half done: a worker closes them if this process dies in between, and rejects the entries
 * that still came in.
 * @returns undefined if there is no such draw
 */
export async function cancelDraw(
  context: LedgerContext,
  draw: Pick<DrawRecord, '_id' | 'productId'>,
  actor: string,
): Promise<CancelledDraw | undefined> {
  const cancelled = await storeCancellation(context, draw, actor);
  if (cancelled?.draw.status === 'cancelled') await closeGates(context.store, draw._id);
  return cancelled;
}

async function storeCancellation(
  context: LedgerContext,
  { _id: drawId, productId }: Pick<DrawRecord, '_id' | 'productId'>,
  actor: string,
): Promise<CancelledDraw | undefined> {
  const { store, clock } = context;
  return commit<CancelledDraw | undefined>(context, [productId], async (session) => {
    const draw = await readDraw(store, session, drawId);
    if (draw === undefined) return { result: undefined };
    if (draw.status === 'cancelled') return { result: { kind: 'unchanged', draw } };
    const at = clock.now();
    // From `closesAt` on the entries of the draw count, even before a worker has closed it.
    if ((draw.status !== 'open' && draw.status !== 'scheduled') || at >= draw.closesAt) {
      return { result: { kind: 'too_late', draw } };
    }
    const given = await giveBackHeld(store, session, draw, { actor, at });
    const status = 'cancelled' as const;
    const changed = { status, cancelledAt: at, isFinishing: true as const, held: 0 };
    const cancelled: DrawRecord = { ...draw, ...changed, revision: draw.revision + 1 };
    const write = async () => {
      await updateDraw(store, session, draw, { $set: changed });
      await store.drawSeeds.deleteOne({ _id: drawId }, { session });
    };
    const { events, ...units } = given;
    return {
      result: { kind: 'cancelled', draw: cancelled },
      changes: {
        at,
        write,
        ...units,
        events: [toDrawEvent(cancelled, 'draw.cancelled'), ...events],
      },
    };
  });
}
