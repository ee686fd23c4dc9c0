import { decideSettlements, type SettlementOutcome } from '../../domain/settlement.ts';
import { changeLevel } from '../../domain/stock-changes.ts';
import type { FreedUnits, StockChange, StockLevel } from '../../domain/vocabulary.ts';
import type { CheckoutRecord } from '../../store/collections/checkouts.ts';
import type { OrderRecord } from '../../store/collections/orders.ts';
import { isDuplicateKey } from '../../store/faults.ts';
import type { Session, Store } from '../../store/store.ts';
import { StaleReadError } from '../../store/transaction.ts';
import { writable } from '../../store/writable.ts';
import type { Decision, EventDraft } from '../commit.ts';
import { deleteLapsesOfConfirmed } from '../lapses/lapsed-holds.ts';
import type { LedgerContext } from '../ledger.ts';
import {
  type Attempt,
  findLapsed,
  type ShortClaim,
  toShortClaim,
} from '../moving/lapsed-orders.ts';
import { toAlertEvents } from '../stock-events.ts';
import { confirmFreeOrders } from './free-orders.ts';
import { readBatch } from './read-batch.ts';
import { type Settlement, toOrders, toSettledEvent, writeOutcomes } from './settled-records.ts';
import { hasLeft, listFreeMs, listUnread, withWaits } from './wait-changes.ts';

/** The checkouts of a batch. */
export interface Candidates {
  /** Queued or waiting, in the order of acceptance. */
  readonly open: readonly CheckoutRecord[];
  /**
   * Whether `open` was read before the transaction, so that checkouts may have been settled since.
   */
  readonly isReadBefore: boolean;
  readonly pickedUpAt: Date;
  /** Whether checkouts are refused although lapsed orders hold what they lack. */
  readonly isFinal: boolean;
  /** Whether to decide without the checkouts that wait for the same units. */
  readonly isAlone: boolean;
  /** Whether to decide all checkouts although more wait than were read. */
  readonly isLast: boolean;
  /** Receives the waiting checkouts that join the batch. */
  readonly onJoined: (joined: readonly CheckoutRecord[]) => void;
}

/** The result of a batch. */
export interface SettledBatch {
  /** The decided checkouts, with their statuses and rejections after the batch. */
  readonly records: readonly CheckoutRecord[];
  /**
   * Checkouts of `open` that were not decided, because waiting checkouts must be decided before
   * them.
   */
  readonly postponed: readonly CheckoutRecord[];
  /** Whether a checkout that waited has its outcome now. */
  readonly hasServed: boolean;
  /** How long units were free before waiting checkouts got them, in ms. */
  readonly freeMs: readonly number[];
  /** Variants with free units for which more checkouts may wait; empty unless `hasServed`. */
  readonly unread: readonly FreedUnits[];
}

/**
 * Decides a batch at the transaction's snapshot. Unless `isFinal`, returns the lapsed orders that
 * hold what checkouts lack, if there are any, and no changes.
 */
export async function decideBatch(
  { store, clock, reservationTtlMs }: LedgerContext,
  session: Session,
  { open, isReadBefore, pickedUpAt, isFinal, isAlone, isLast, onJoined }: Candidates,
): Promise<Decision<Attempt<SettledBatch>>> {
  const query = { at: clock.now(), isAlone, isLast };
  const { stock, checkouts, waiting, input } = await readBatch(store, session, open, query);
  onJoined(waiting.checkouts);
  const { outcomes, useChanges, purchaseChanges, ...reserved } = decideSettlements(input);
  const settledAt = clock.now();
  const settlements = checkouts.map((checkout, index) => toSettlement(checkout, outcomes[index]));
  const shortClaims = isFinal
    ? []
    : settlements.flatMap((settlement) => listShortClaims(settlement, stock));
  const lapsed = await findLapsed(store, session, settledAt, shortClaims);
  if (lapsed.length > 0) return { result: { lapsed } };
  const changed = settlements.filter(isChanged);
  const placed = changed.flatMap(({ checkout, outcome }) =>
    toOrders(checkout, outcome, settledAt, reservationTtlMs),
  );
  const batch = { outcomes, orders: placed, stockChanges: reserved.stockChanges };
  const { orders, stockChanges, movements, events } = confirmFreeOrders(batch, stock, settledAt);
  const changes = {
    at: settledAt,
    events: [
      ...changed.map(({ checkout, outcome }) => toSettledEvent(checkout, outcome)),
      ...events,
      ...stockChanges.flatMap((change) => toBatchAlerts(stock, change)),
    ],
    write: async () => {
      if (orders.length > 0) await insertOrders(store, session, orders, isReadBefore);
      await writeOutcomes(store, session, changed, { pickedUpAt, settledAt });
      await deleteLapsesOfConfirmed(store, session, orders, stock);
    },
    movements,
    uses: useChanges,
    purchases: purchaseChanges,
    stock: await withWaits(store, session, { settlements, waiting, stock, stockChanges }),
  };
  const hasServed = settlements.some(hasLeft);
  const done: SettledBatch = {
    records: settlements.map((settlement) => withOutcome(settlement, settledAt)),
    postponed: waiting.readUpTo.size === 0 ? [] : listUndecided(open, checkouts),
    hasServed,
    freeMs: listFreeMs(settlements, stock, settledAt),
    unread: hasServed ? listUnread(waiting, stock, stockChanges) : [],
  };
  return { result: { done }, changes };
}

function listUndecided(
  open: readonly CheckoutRecord[],
  decided: readonly CheckoutRecord[],
): readonly CheckoutRecord[] {
  const decidedIds = new Set(decided.map(({ _id }) => _id));
  return open.filter(({ _id }) => !decidedIds.has(_id));
}

function toSettlement(
  checkout: CheckoutRecord,
  outcome: SettlementOutcome | undefined,
): Settlement {
  if (outcome === undefined) throw new RangeError(`checkout ${checkout._id} has no outcome`);
  return { checkout, outcome };
}

/** Returns false for a checkout that continues to wait. */
function isChanged({ checkout, outcome }: Settlement): boolean {
  return outcome.status !== 'waiting' || checkout.status !== 'waiting';
}

/** The codes of rejections that lapsed orders can cause. */
const HELD_BY_ORDERS: ReadonlySet<string> = new Set([
  'out_of_stock',
  'held_share_reached',
  'discount_exhausted',
  'purchase_limit_reached',
]);

/**
 * Returns what a checkout lacks, if it is refused or begins to wait for a reason that lapsed orders
 * can cause.
 */
function listShortClaims(
  { checkout, outcome }: Settlement,
  stock: ReadonlyMap<string, StockLevel>,
): readonly ShortClaim[] {
  if (outcome.status === 'waiting') {
    return checkout.status === 'queued' ? [toShortClaim(checkout, outcome.shortage, stock)] : [];
  }
  if (outcome.status !== 'rejected' || !HELD_BY_ORDERS.has(outcome.rejection.code)) return [];
  return [toShortClaim(checkout, outcome.rejection, stock)];
}

/**
 * Inserts the orders of a batch.
 * @throws StaleReadError if a checkout that was read before the transaction already has its order
 * @throws a duplicate key error if a checkout that is open at the snapshot has its order; a retry
 *   cannot resolve this contradiction
 */
async function insertOrders(
  store: Store,
  session: Session,
  orders: readonly OrderRecord[],
  isReadBefore: boolean,
): Promise<void> {
  try {
    await writable(store).orders.insertMany(orders, { session, ordered: false });
  } catch (error) {
    const isStale = isReadBefore && isDuplicateKey(error, '_id_');
    throw isStale ? new StaleReadError('a checkout') : error;
  }
}

/**
 * Returns the alerts of a level. Compares the levels before and after the whole batch, so that
 * levels in between raise no alert.
 */
function toBatchAlerts(
  stock: ReadonlyMap<string, StockLevel>,
  { variantId, toVersion, delta }: StockChange,
): EventDraft[] {
  const before = stock.get(variantId);
  return before === undefined ? [] : toAlertEvents(before, changeLevel(before, delta, toVersion));
}

function withOutcome({ checkout, outcome }: Settlement, settledAt: Date): CheckoutRecord {
  switch (outcome.status) {
    case 'placed':
      return { ...checkout, status: 'placed', settledAt };
    case 'rejected':
      return { ...checkout, status: 'rejected', rejection: outcome.rejection, settledAt };
    case 'waiting':
      return { ...checkout, status: 'waiting' };
    default:
      return outcome satisfies never;
  }
}
