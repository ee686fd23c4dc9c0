import { StockChanges } from '../../domain/stock-changes.ts';
import type { DrawEntryRecord, DrawRecord } from '../../store/collections/draws.ts';
import type { Session, Store } from '../../store/store.ts';
import { StaleReadError } from '../../store/transaction.ts';
import { commit, type LedgerChanges } from '../commit.ts';
import type { LedgerContext } from '../ledger.ts';
import { readCheckouts } from '../settling/read-batch.ts';
import { toSettledEvent } from '../settling/settled-records.ts';
import { toReturnedEvent } from '../stock-events.ts';
import { readStock } from '../stock-levels.ts';
import { moveHeld, readDraw, toDrawEvent, updateDraw } from './draw-store.ts';

/** Entries that are rejected in one transaction. */
const REJECTIONS_MAX = 500;

type FreedUnits = Required<Pick<LedgerChanges, 'movements' | 'stock' | 'events'>>;

/** Puts the units that a draw still holds back on sale. */
export async function giveBackHeld(
  store: Store,
  session: Session,
  draw: DrawRecord,
  { actor, at }: { readonly actor: string; readonly at: Date },
): Promise<FreedUnits> {
  const { _id: drawId, variantId, held } = draw;
  const [level] = held === 0 ? [] : await readStock(store, session, [variantId]);
  if (level === undefined) return { movements: [], stock: [], events: [] };
  const stock = new StockChanges([level]);
  const cause = { reason: 'left over by a draw', actor, at };
  const movement = moveHeld(stock, draw, { units: -held, ...cause });
  const after = stock.get(variantId) ?? level;
  const event = toReturnedEvent(level, after, { drawId });
  return { movements: [movement], stock: stock.changes(), events: [event] };
}

/**
 * Ends the giving out of units. The units that a closed draw still holds go back on sale, and so do
 * those that its orders give back later.
 */
export async function endDraw(
  context: LedgerContext,
  { _id: drawId, productId }: Pick<DrawRecord, '_id' | 'productId'>,
  isOver: (draw: DrawRecord) => boolean,
): Promise<boolean> {
  const { store, clock } = context;
  return commit(context, [productId], async (session) => {
    const draw = await readDraw(store, session, drawId);
    if (draw?.status !== 'closed' || draw.isFinishing === true || !isOver(draw)) {
      return { result: false };
    }
    const at = clock.now();
    const units = await giveBackHeld(store, session, draw, { actor: 'system', at });
    const write = () => updateDraw(store, session, draw, { $set: { isFinishing: true, held: 0 } });
    return { result: true, changes: { at, write, ...units } };
  });
}

/** The entries that were rejected, and the last one that was examined. */
export interface RejectedEntries {
  readonly count: number;
  /** Absent once there are no further entries. */
  readonly last?: string;
}

/** Rejects some of the entries that still wait for a draw that gives out no more units. */
export async function rejectEntries(
  context: LedgerContext,
  drawId: string,
  after: string | undefined,
): Promise<RejectedEntries> {
  const { store, clock } = context;
  return commit<RejectedEntries>(context, [], async (session) => {
    const entries = await store.drawEntries
      .find<Pick<DrawEntryRecord, '_id'>>(
        { drawId, ...(after !== undefined && { _id: { $gt: after } }) },
        {
          ...{ session, sort: { _id: 1 }, limit: REJECTIONS_MAX, hint: 'entries_of_draw' },
          ...{ projection: { _id: 1 }, batchSize: REJECTIONS_MAX + 1 },
        },
      )
      .toArray();
    const last = entries.at(-1)?._id;
    if (last === undefined) return { result: { count: 0 } };
    const entryIds = entries.map(({ _id }) => _id);
    const found = await readCheckouts(store, entryIds, session);
    const waiting = [...found.values()].filter(({ status }) => status === 'waiting');
    if (waiting.length === 0) return { result: { count: 0, last } };
    const at = clock.now();
    const outcome = { status: 'rejected', rejection: { code: 'not_drawn' } } as const;
    const ids = waiting.map(({ _id }) => _id);
    const write = async () => {
      const { matchedCount } = await store.checkouts.updateMany(
        { _id: { $in: ids }, status: 'waiting' },
        { $set: { ...outcome, settledAt: at } },
        { session },
      );
      if (matchedCount !== ids.length) throw new StaleReadError('an entry');
    };
    const events = waiting.map((entry) =>
      toSettledEvent(entry, { checkoutId: entry._id, ...outcome }),
    );
    return { result: { count: ids.length, last }, changes: { at, write, events } };
  });
}

/** Marks a draw whose entries all have an outcome; a closed one becomes settled. */
export async function settleDraw(context: LedgerContext, drawId: string): Promise<boolean> {
  const { store, clock } = context;
  return commit(context, [], async (session) => {
    const draw = await readDraw(store, session, drawId);
    if (draw?.isFinishing !== true) return { result: false };
    const at = clock.now();
    const $unset = { isActive: '', isFinishing: '' };
    if (draw.status !== 'closed') {
      const write = () => updateDraw(store, session, draw, { $unset });
      return { result: true, changes: { at, write } };
    }
    const done = { status: 'settled' as const, settledAt: at };
    const settled: DrawRecord = { ...draw, ...done, revision: draw.revision + 1 };
    const write = () => updateDraw(store, session, draw, { $set: done, $unset });
    return { result: true, changes: { at, write, events: [toDrawEvent(settled, 'draw.settled')] } };
  });
}
