import { shopParts } from '../domain/lines.ts';
import { decideSettlements, type Rejection, type SettlementOutcome } from '../domain/settlement.ts';
import { changeLevel } from '../domain/stock-changes.ts';
import type { CheckoutStatus, StockChange, StockLevel } from '../domain/vocabulary.ts';
import { toOrderId } from '../runtime/ids.ts';
import type { CheckoutRecord } from '../store/collections/checkouts.ts';
import type { OrderRecord } from '../store/collections/orders.ts';
import { isDuplicateKey } from '../store/faults.ts';
import type { Session, Store } from '../store/store.ts';
import { StaleReadError } from '../store/transaction.ts';
import { writable } from '../store/writable.ts';
import { commit, type Decision, type EventDraft } from './commit.ts';
import { withoutLapsed } from './expire-orders.ts';
import type { LedgerContext } from './ledger.ts';
import { type Attempt, findLapsed } from './moving/lapsed-orders.ts';
import { confirmFreeOrders } from './settling/free-orders.ts';
import {
  listDiscountIds,
  readBatch,
  readCheckouts,
  readStillQueued,
} from './settling/read-batch.ts';
import { toOrders, toSettledEvent, writeOutcomes } from './settling/settled-records.ts';
import { toAlertEvents } from './stock-events.ts';

/** The outcome of a checkout, whichever process settled it. */
export interface SettledCheckout {
  readonly checkoutId: string;
  readonly status: CheckoutStatus | 'missing';
  readonly orderIds: readonly string[];
  readonly rejection?: Rejection;
  readonly acceptedAt?: Date;
  readonly settledAt?: Date;
}

/**
 * Settles a batch of checkouts in one transaction, in the order in which they were accepted. A
 * checkout that is no longer queued keeps its outcome, which is returned. No checkout is refused for
 * units or uses that lapsed orders hold: these are expired first.
 * @throws the error that another try cannot cure; nothing of the batch is then done
 */
export async function settleCheckouts(
  context: LedgerContext,
  checkoutIds: readonly string[],
): Promise<SettledCheckout[]> {
  const pickedUpAt = context.clock.now();
  const records = await readCheckouts(context.store, checkoutIds);
  const queued = [...records.values()]
    .filter((record) => record.status === 'queued')
    .sort(byAcceptance);
  if (queued.length > 0) {
    const products = queued.flatMap((record) => record.lines.map((line) => line.productId));
    const lockNames = [...products, ...listDiscountIds(queued)];
    const settled = await withoutLapsed(context, (isFinal) => {
      let isFirstTry = true;
      return commit(context, lockNames, async (session) => {
        // Nearly always no one has changed the checkouts since they were read. If someone has, a
        // condition of the writes fails, and the next try reads them at its snapshot.
        const batch = isFirstTry ? queued : await readStillQueued(context.store, session, queued);
        const isReadBefore = isFirstTry;
        isFirstTry = false;
        return decideBatch(context, session, { queued: batch, isReadBefore, pickedUpAt, isFinal });
      });
    });
    for (const record of settled) records.set(record._id, record);
    const missed = queued.filter((record) => records.get(record._id)?.status === 'queued');
    const missedIds = missed.map((record) => record._id);
    for (const [id, record] of await readCheckouts(context.store, missedIds)) {
      records.set(id, record);
    }
  }
  return checkoutIds.map((id) => toSettled(id, records.get(id)));
}

function byAcceptance(first: CheckoutRecord, second: CheckoutRecord): number {
  const earlier = first.acceptedAt.getTime() - second.acceptedAt.getTime();
  return earlier === 0 ? (first._id < second._id ? -1 : 1) : earlier;
}

/** The checkouts of a batch. */
interface Candidates {
  readonly queued: readonly CheckoutRecord[];
  /** Whether they were read before the transaction, so that some may have been settled since. */
  readonly isReadBefore: boolean;
  readonly pickedUpAt: Date;
  /** Whether checkouts are refused although lapsed orders hold what they lack. */
  readonly isFinal: boolean;
}

async function decideBatch(
  { store, clock, reservationTtlMs }: LedgerContext,
  session: Session,
  { queued, isReadBefore, pickedUpAt, isFinal }: Candidates,
): Promise<Decision<Attempt<CheckoutRecord[]>>> {
  const { stock, input } = await readBatch(store, session, queued, clock.now());
  const { outcomes, useChanges, purchaseChanges, ...reserved } = decideSettlements(input);
  const settledAt = clock.now();
  const short = isFinal ? [] : queued.filter((_, index) => isShort(outcomes[index]));
  const lapsed = await findLapsed(store, session, settledAt, short);
  if (lapsed.length > 0) return { result: { lapsed } };
  const placed = queued.flatMap((record, index) =>
    toOrders(record, outcomes[index], settledAt, reservationTtlMs),
  );
  const batch = { outcomes, orders: placed, stockChanges: reserved.stockChanges };
  const { orders, stockChanges, movements, events } = confirmFreeOrders(batch, stock, settledAt);
  const changes = {
    at: settledAt,
    events: [
      ...queued.map((record, index) => toSettledEvent(record, outcomes[index])),
      ...events,
      ...stockChanges.flatMap((change) => alertsAfter(stock, change)),
    ],
    write: async () => {
      if (orders.length > 0) await insertOrders(store, session, orders, isReadBefore);
      await writeOutcomes(store, session, outcomes, { pickedUpAt, settledAt });
    },
    movements,
    uses: useChanges,
    purchases: purchaseChanges,
    stock: stockChanges,
  };
  const done = queued.map((record, index) => withOutcome(record, outcomes[index], settledAt));
  return { result: { done }, changes };
}

/** What lapsed orders give back. */
const HELD_BY_ORDERS: ReadonlySet<string> = new Set([
  'out_of_stock',
  'discount_exhausted',
  'purchase_limit_reached',
]);

/** Returns whether a checkout was refused for what other orders hold. */
function isShort(outcome: SettlementOutcome | undefined): boolean {
  if (outcome?.status !== 'rejected') return false;
  return HELD_BY_ORDERS.has(outcome.rejection.code);
}

/**
 * @throws StaleReadError when a checkout that was read before the transaction already has its order;
 * of one that is still queued at the snapshot this is a contradiction, which no other try can cure
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

/** Judges the whole batch: a level that it only passes through raises no alert. */
function alertsAfter(
  stock: ReadonlyMap<string, StockLevel>,
  { variantId, toVersion, delta }: StockChange,
): EventDraft[] {
  const before = stock.get(variantId);
  return before === undefined ? [] : toAlertEvents(before, changeLevel(before, delta, toVersion));
}

function withOutcome(
  checkout: CheckoutRecord,
  outcome: SettlementOutcome | undefined,
  settledAt: Date,
): CheckoutRecord {
  if (outcome?.status !== 'rejected') return { ...checkout, status: 'placed', settledAt };
  return { ...checkout, status: 'rejected', rejection: outcome.rejection, settledAt };
}

function toSettled(checkoutId: string, record: CheckoutRecord | undefined): SettledCheckout {
  if (record === undefined) return { checkoutId, status: 'missing', orderIds: [] };
  const { status, rejection, acceptedAt, settledAt } = record;
  const orderIds =
    status === 'placed'
      ? shopParts(record.lines).map((part) => toOrderId(checkoutId, part.shopId))
      : [];
  return {
    checkoutId,
    status,
    orderIds,
    acceptedAt,
    ...(rejection && { rejection }),
    ...(settledAt && { settledAt }),
  };
}
