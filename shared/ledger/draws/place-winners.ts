import type { Rejection } from '../../domain/rejection.ts';
import type { SettlementOutcome } from '../../domain/settlement.ts';
import { decideSettlements } from '../../domain/settlement.ts';
import { StockChanges } from '../../domain/stock-changes.ts';
import type { StockChange, StockLevel } from '../../domain/vocabulary.ts';
import { byIds, inOneBatch } from '../../store/by-ids.ts';
import type { CheckoutRecord } from '../../store/collections/checkouts.ts';
import type { DrawEntryRecord, DrawRecord } from '../../store/collections/draws.ts';
import type { OrderRecord } from '../../store/collections/orders.ts';
import type { Session, Store } from '../../store/store.ts';
import { StaleReadError } from '../../store/transaction.ts';
import { writable } from '../../store/writable.ts';
import { commit, type Decision } from '../commit.ts';
import { withoutLapsed } from '../expire-orders.ts';
import { deleteLapsesOfConfirmed } from '../lapses/lapsed-holds.ts';
import type { LedgerContext } from '../ledger.ts';
import { type Attempt, findLapsed, toShortClaim } from '../moving/lapsed-orders.ts';
import { confirmFreeOrders } from '../settling/free-orders.ts';
import { listDiscountIds, readBatch, readCheckouts } from '../settling/read-batch.ts';
import { toOrders, toSettledEvent } from '../settling/settled-records.ts';
import { moveHeld, readDraw, updateDraw } from './draw-store.ts';

/** The maximum number of entries that one transaction examines, by default. */
export const EXAMINED_MAX = 256;

/**
 * A walk over the entries of a closed draw in the drawn order, and the position at which to
 * continue.
 */
export interface DrawWalk {
  readonly drawId: string;
  readonly productId: string;
  /** The ids of all entries, in the drawn order. */
  readonly order: readonly string[];
  readonly from: number;
  /**
   * The units that the draw held when the walk reached `from`. Each entry before `from` that still
   * waits wants more units.
   */
  readonly held: number;
}

/** The result of one batch of a walk. */
export interface WinnersBatch {
  /** The number of placed orders. */
  readonly placed: number;
  /** The position at which the next batch continues. */
  readonly next: number;
  /** Units that the draw still holds. */
  readonly held: number;
}

/**
 * Places the next entries of a closed draw from the units that it holds, in the drawn order, in one
 * transaction. An entry that wants more units than are left keeps waiting. An entry that cannot be
 * placed for another reason is rejected. If units have come back since the walk began, nothing is
 * placed, and the walk continues at the stored position of the draw.
 * @returns undefined if the draw gives out no units now
 * @throws an error that a retry cannot fix, for example because of one entry; nothing is then
 *   changed
 */
export async function placeWinners(
  context: LedgerContext,
  walk: DrawWalk,
  entriesMax: number = EXAMINED_MAX,
): Promise<WinnersBatch | undefined> {
  const { drawId, productId, order, from } = walk;
  const ids = order.slice(from, from + entriesMax);
  const checkouts = await readCheckouts(context.store, ids);
  const lockNames = [productId, ...listDiscountIds([...checkouts.values()])];
  return withoutLapsed(context, (isFinal) =>
    commit<Attempt<WinnersBatch | undefined>>(context, lockNames, async (session) => {
      const draw = await readDraw(context.store, session, drawId);
      if (draw?.status !== 'closed' || draw.isFinishing === true) {
        return { result: { done: undefined } };
      }
      const { held, position } = draw;
      if (held > walk.held && from > position) {
        return { result: { done: { placed: 0, next: position, held } } };
      }
      return decideWinners(context, session, { draw, walk, ids, isFinal });
    }),
  );
}

interface WinnersInput {
  readonly draw: DrawRecord;
  readonly walk: DrawWalk;
  readonly ids: readonly string[];
  readonly isFinal: boolean;
}

async function decideWinners(
  { store, clock, reservationTtlMs }: LedgerContext,
  session: Session,
  { draw, walk, ids, isFinal }: WinnersInput,
): Promise<Decision<Attempt<WinnersBatch>>> {
  const at = clock.now();
  const checkouts = await readCheckouts(store, ids, session);
  const { candidates, examined } = pickCandidates(ids, checkouts, draw.held);
  const unranked = await findUnranked(store, session, examined);
  const next = walk.from + examined.length;
  const { stock, input } = await readBatch(store, session, candidates, {
    ...{ at, isAlone: true, isLast: true },
  });
  const level = stock.get(draw.variantId);
  const setAside = level && toSetAside(level, draw.held);
  const decided = decideSettlements({
    ...input,
    stock: setAside === undefined ? new Map() : new Map([[setAside.variantId, setAside]]),
  });
  const outcomes = decided.outcomes.filter((outcome) => !isTooLarge(outcome));
  const entries = outcomes.flatMap(({ checkoutId }) => checkouts.get(checkoutId) ?? []);
  const shortClaims = entries.flatMap((entry, index) => {
    const rejection = findShortage(outcomes[index]);
    return rejection === undefined ? [] : [toShortClaim(entry, rejection, stock)];
  });
  const lapsed = isFinal ? [] : await findLapsed(store, session, at, shortClaims);
  if (lapsed.length > 0) return { result: { lapsed } };
  const orders = entries.flatMap((entry, index) =>
    toOrders(entry, outcomes[index], at, reservationTtlMs).map((order) => ({
      ...order,
      drawId: draw._id,
    })),
  );
  const units = sumUnits(orders);
  const placed = placeFromHeld({ draw, level, units, at, outcomes, orders }, decided.stockChanges);
  const firstWaiting = candidates.find(({ _id }) =>
    outcomes.every(({ checkoutId }) => checkoutId !== _id),
  );
  const decidedUpTo =
    firstWaiting === undefined ? next : walk.order.indexOf(firstWaiting._id, walk.from);
  // If this batch begins after the stored position, the walk has skipped entries that still wait,
  // so the position stays.
  const position = walk.from === draw.position ? decidedUpTo : draw.position;
  const pending = placed.orders.filter(({ status }) => status === 'pending').length;
  const write = async () => {
    if (placed.orders.length > 0) {
      await writable(store).orders.insertMany(placed.orders, { session, ordered: false });
    }
    await writeOutcomes(store, session, outcomes, at);
    await deleteLapsesOfConfirmed(store, session, placed.orders, stock);
    await writeRanks(store, session, { outcomes, unranked, walk });
    await updateDraw(store, session, draw, {
      $set: { position },
      $inc: { held: -units, openOrders: pending },
    });
  };
  const isChanged = position !== draw.position || outcomes.length > 0 || unranked.size > 0;
  const result = { done: { placed: placed.orders.length, next, held: draw.held - units } };
  if (!isChanged) return { result };
  return {
    result,
    changes: {
      ...{ at, write, movements: placed.movements, stock: placed.stockChanges },
      ...{ uses: decided.useChanges, purchases: decided.purchaseChanges },
      events: [
        ...entries.map((entry, index) => toSettledEvent(entry, outcomes[index])),
        ...placed.events,
      ],
    },
  };
}

/**
 * Returns the next waiting entries, until the entries that fit want all held units together. Also
 * returns the ids of all entries that were examined.
 */
function pickCandidates(
  ids: readonly string[],
  checkouts: ReadonlyMap<string, CheckoutRecord>,
  held: number,
): { candidates: CheckoutRecord[]; examined: string[] } {
  const candidates: CheckoutRecord[] = [];
  const examined: string[] = [];
  let wanted = 0;
  for (const id of ids) {
    if (wanted >= held) break;
    examined.push(id);
    const entry = checkouts.get(id);
    if (entry?.status !== 'waiting') continue;
    candidates.push(entry);
    const quantity = entry.lines[0]?.quantity ?? 0;
    if (quantity <= held) wanted += quantity;
  }
  return { candidates, examined };
}

/**
 * Returns the stock level on which entries are decided: its only units are those that the draw
 * holds.
 */
function toSetAside(level: StockLevel, held: number): StockLevel {
  return { ...level, onHand: held, reserved: 0, version: level.version + 1 };
}

/** Returns whether an entry wants more units than are left. It then keeps waiting. */
function isTooLarge(outcome: SettlementOutcome): boolean {
  return outcome.status === 'rejected' && outcome.rejection.code === 'out_of_stock';
}

/** The codes of rejections that lapsed orders can cause. */
const HELD_BY_ORDERS: ReadonlySet<string> = new Set([
  'discount_exhausted',
  'purchase_limit_reached',
]);

function findShortage(outcome: SettlementOutcome | undefined): Rejection | undefined {
  if (outcome?.status !== 'rejected') return undefined;
  return HELD_BY_ORDERS.has(outcome.rejection.code) ? outcome.rejection : undefined;
}

function sumUnits(orders: readonly OrderRecord[]): number {
  let units = 0;
  for (const { lines } of orders) for (const { quantity } of lines) units += quantity;
  return units;
}

interface PlacedOrders {
  readonly draw: DrawRecord;
  readonly level: StockLevel | undefined;
  readonly units: number;
  readonly at: Date;
  readonly outcomes: readonly SettlementOutcome[];
  readonly orders: readonly OrderRecord[];
}

/** Moves the units from the draw to the orders; free orders are confirmed. */
function placeFromHeld(
  { draw, level, units, at, outcomes, orders }: PlacedOrders,
  reserved: readonly StockChange[],
) {
  if (level === undefined || units === 0) {
    return { orders, movements: [], events: [], stockChanges: [] };
  }
  const stock = new StockChanges([level]);
  const cause = { reason: 'placed by a draw', actor: 'system', at };
  const movement = moveHeld(stock, draw, { units: -units, ...cause });
  const after = stock.get(draw.variantId) ?? level;
  const batch = { outcomes, orders, stockChanges: reserved };
  const confirmed = confirmFreeOrders(batch, new Map([[draw.variantId, after]]), at);
  for (const change of confirmed.stockChanges) stock.apply(change);
  return {
    ...confirmed,
    movements: [movement, ...confirmed.movements],
    stockChanges: stock.changes(),
  };
}

/**
 * Writes the outcomes to the checkouts of the entries.
 * @throws StaleReadError if an entry no longer waits; the transaction must then run again
 */
async function writeOutcomes(
  store: Store,
  session: Session,
  outcomes: readonly SettlementOutcome[],
  at: Date,
): Promise<void> {
  const times = { pickedUpAt: at, settledAt: at };
  const writes = outcomes.map((outcome) => {
    const filter = { _id: outcome.checkoutId, status: 'waiting' as const };
    return { updateOne: { filter, update: { $set: { ...times, ...toFields(outcome) } } } };
  });
  if (writes.length === 0) return;
  const { matchedCount } = await store.checkouts.bulkWrite(writes, { session, ordered: false });
  if (matchedCount !== writes.length) throw new StaleReadError('an entry');
}

/**
 * Returns the ids of the entries that have no rank yet, because no walk has reached them before.
 */
async function findUnranked(
  { drawEntries }: Store,
  session: Session,
  ids: readonly string[],
): Promise<ReadonlySet<string>> {
  const entries = await drawEntries
    .find<Pick<DrawEntryRecord, '_id'>>(
      { ...byIds(ids), rank: { $exists: false } },
      { session, projection: { _id: 1 }, ...inOneBatch(ids) },
    )
    .toArray();
  return new Set(entries.map(({ _id }) => _id));
}

interface DrawnRanks {
  readonly outcomes: readonly SettlementOutcome[];
  readonly unranked: ReadonlySet<string>;
  readonly walk: DrawWalk;
}

/**
 * Writes the rank of each unranked entry, which is its index in the drawn order, and marks placed
 * entries.
 */
async function writeRanks(
  { drawEntries }: Store,
  session: Session,
  { outcomes, unranked, walk }: DrawnRanks,
): Promise<void> {
  const placed = outcomes
    .filter(({ status }) => status === 'placed')
    .map(({ checkoutId }) => checkoutId);
  const isPlaced = new Set(placed);
  const writes = [...new Set([...unranked, ...placed])].map((_id) => {
    const $set = {
      ...(unranked.has(_id) && { rank: walk.order.indexOf(_id, walk.from) }),
      ...(isPlaced.has(_id) && { isPlaced: true as const }),
    };
    return { updateOne: { filter: { _id }, update: { $set } } };
  });
  if (writes.length > 0) await drawEntries.bulkWrite(writes, { session, ordered: false });
}

function toFields(outcome: SettlementOutcome): Pick<CheckoutRecord, 'status' | 'rejection'> {
  if (outcome.status === 'placed') return { status: 'placed' };
  if (outcome.status === 'rejected') return { status: 'rejected', rejection: outcome.rejection };
  throw new RangeError(`entry ${outcome.checkoutId} cannot wait for units`);
}
