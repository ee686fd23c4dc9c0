import type { AuditSource } from '../../store/collections/audit.ts';
import type { DrawRecord } from '../../store/collections/draws.ts';
import { type AuditDraft, commit } from '../commit.ts';
import type { LedgerContext } from '../ledger.ts';
import { readDraw, toDrawEvent, updateDraw } from './draw-store.ts';
import { giveBackHeld } from './finish-draw.ts';
import { closeGates, countEntries } from './gates.ts';

/**
 * Changes a draw from `scheduled` to `open` once `opensAt` is reached, with an event. Entries are
 * accepted from that time on even if this call is late.
 * @returns false if it is too early, or if there is no draw that is still scheduled
 */
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
 * Closes a draw once `closesAt` is reached, and publishes its seed. Its entries are then fixed: the
 * gates close first, so earlier entries are counted and later entries are refused.
 * @returns false if it is too early, or if the draw has been closed or cancelled already
 * @throws RangeError if the seed is missing
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
    const seedRecord = await store.drawSeeds.findOne({ _id: drawId }, { session });
    if (seedRecord === null) throw new RangeError(`draw ${drawId} has lost its seed`);
    const closedAt = clock.now();
    const entryCount = await countEntries(store, drawId, session);
    const published = { status: 'closed' as const, seed: seedRecord.seed, entryCount, closedAt };
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

/**
 * The result of a cancellation; `draw` is the draw after it. `unchanged`: it was cancelled before;
 * `too_late`: it has closed, or its closing time has come.
 */
export type CancelledDraw = {
  readonly kind: 'cancelled' | 'unchanged' | 'too_late';
  readonly draw: DrawRecord;
};

/** Who cancels a draw. */
export interface Cancellation {
  /** Id of the principal. */
  readonly actor: string;
  readonly source: AuditSource;
}

/**
 * Cancels a draw that has not closed, with an audit entry in the same transaction. Its units go
 * back on sale at once, and a worker rejects its entries. Its seed is never published. The gates
 * close after the cancellation is stored. If this process dies in between, a worker closes them,
 * and also rejects the entries that were accepted meanwhile.
 * @returns undefined if there is no such draw
 */
export async function cancelDraw(
  context: LedgerContext,
  draw: Pick<DrawRecord, '_id' | 'productId'>,
  cancellation: Cancellation,
): Promise<CancelledDraw | undefined> {
  const cancelled = await storeCancellation(context, draw, cancellation);
  if (cancelled?.draw.status === 'cancelled') await closeGates(context.store, draw._id);
  return cancelled;
}

async function storeCancellation(
  context: LedgerContext,
  { _id: drawId, productId }: Pick<DrawRecord, '_id' | 'productId'>,
  { actor, source }: Cancellation,
): Promise<CancelledDraw | undefined> {
  const { store, clock } = context;
  return commit<CancelledDraw | undefined>(context, [productId], async (session) => {
    const draw = await readDraw(store, session, drawId);
    if (draw === undefined) return { result: undefined };
    if (draw.status === 'cancelled') return { result: { kind: 'unchanged', draw } };
    const at = clock.now();
    // From `closesAt` on, the entries take part, even if no worker has closed the draw yet.
    if ((draw.status !== 'open' && draw.status !== 'scheduled') || at >= draw.closesAt) {
      return { result: { kind: 'too_late', draw } };
    }
    const returned = await giveBackHeld(store, session, draw, { actor, at });
    const status = 'cancelled' as const;
    const changed = { status, cancelledAt: at, isFinishing: true as const, held: 0 };
    const cancelled: DrawRecord = { ...draw, ...changed, revision: draw.revision + 1 };
    const write = async () => {
      await updateDraw(store, session, draw, { $set: changed });
      await store.drawSeeds.deleteOne({ _id: drawId }, { session });
    };
    const { events, ...units } = returned;
    return {
      result: { kind: 'cancelled', draw: cancelled },
      changes: {
        at,
        write,
        ...units,
        events: [toDrawEvent(cancelled, 'draw.cancelled'), ...events],
        audit: [toCancelledAudit(draw, source)],
      },
    };
  });
}

function toCancelledAudit({ _id: target, shopId }: DrawRecord, source: AuditSource): AuditDraft {
  return { action: 'draw.cancelled', shopId, ...source, target, outcome: 'done' };
}
