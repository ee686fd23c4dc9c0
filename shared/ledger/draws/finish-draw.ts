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
import { countEntries } from './gates.ts';

/** The maximum number of entries that one transaction rejects. */
const REJECTIONS_MAX = 500;

type ReturnChanges = Required<Pick<LedgerChanges, 'movements' | 'stock' | 'events'>>;

/** Returns the changes that put the units that a draw still holds back on sale. */
export async function giveBackHeld(
  store: Store,
  session: Session,
  draw: DrawRecord,
  { actor, at }: { readonly actor: string; readonly at: Date },
): Promise<ReturnChanges> {
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
 * Stops a closed draw from giving out units. The units that it still holds go back on sale, and so
 * do the units that its orders give back later.
 * @param isOver decides, at the transaction's snapshot, whether the draw ends
 * @returns false if the draw does not end, has not closed, or has ended before
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

/** The result of one batch of rejections. */
export interface RejectedEntries {
  /** The number of rejected entries. */
  readonly count: number;
  /** Whether there are no further entries to reject. */
  readonly isLast: boolean;
}

/**
 * Rejects the next batch of waiting entries of a draw that gives out no more units. The id of the
 * last entry of the batch is stored in the draw, so that any worker can continue after it.
 */
export async function rejectEntries(
  context: LedgerContext,
  drawId: string,
): Promise<RejectedEntries> {
  const { store, clock } = context;
  return commit<RejectedEntries>(context, [], async (session) => {
    const draw = await readDraw(store, session, drawId);
    if (draw?.isFinishing !== true) return { result: { count: 0, isLast: true } };
    const entryIds = await findNextEntries(store, draw, session);
    const isLast = entryIds.length < REJECTIONS_MAX;
    const rejectedUpTo = entryIds.at(-1);
    if (rejectedUpTo === undefined) return { result: { count: 0, isLast } };
    const checkouts = await readCheckouts(store, entryIds, session);
    const waiting = [...checkouts.values()].filter(({ status }) => status === 'waiting');
    const at = clock.now();
    const outcome = { status: 'rejected', rejection: { code: 'not_drawn' } } as const;
    const write = async () => {
      await updateDraw(store, session, draw, { $set: { rejectedUpTo } });
      const ids = waiting.map(({ _id }) => _id);
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
    return { result: { count: waiting.length, isLast }, changes: { at, write, events } };
  });
}

/** Finds the entries of a finishing draw after `rejectedUpTo`. */
async function findNextEntries(
  { drawEntries }: Store,
  { _id: drawId, rejectedUpTo }: Pick<DrawRecord, '_id' | 'rejectedUpTo'>,
  session: Session,
): Promise<string[]> {
  const entries = await drawEntries
    .find<Pick<DrawEntryRecord, '_id'>>(
      { drawId, ...(rejectedUpTo !== undefined && { _id: { $gt: rejectedUpTo } }) },
      {
        ...{ session, sort: { _id: 1 }, limit: REJECTIONS_MAX, hint: 'entries_of_draw' },
        ...{ projection: { _id: 1 }, batchSize: REJECTIONS_MAX + 1 },
      },
    )
    .toArray();
  return entries.map(({ _id }) => _id);
}

/**
 * Finishes a draw whose entries all have an outcome: a closed draw becomes settled, and a cancelled
 * draw gets its entry count. The caller must have rejected the waiting entries.
 * @returns false if the draw is finished already, or still gives out units
 */
export async function settleDraw(context: LedgerContext, drawId: string): Promise<boolean> {
  const { store, clock } = context;
  return commit(context, [], async (session) => {
    const draw = await readDraw(store, session, drawId);
    if (draw?.isFinishing !== true) return { result: false };
    const at = clock.now();
    const $unset = { isActive: '', isFinishing: '', rejectedUpTo: '' };
    if (draw.status !== 'closed') {
      const entryCount = await countEntries(store, drawId, session);
      const write = () => updateDraw(store, session, draw, { $set: { entryCount }, $unset });
      return { result: true, changes: { at, write } };
    }
    const done = { status: 'settled' as const, settledAt: at };
    const settled: DrawRecord = { ...draw, ...done, revision: draw.revision + 1 };
    const write = () => updateDraw(store, session, draw, { $set: done, $unset });
    return { result: true, changes: { at, write, events: [toDrawEvent(settled, 'draw.settled')] } };
  });
}
