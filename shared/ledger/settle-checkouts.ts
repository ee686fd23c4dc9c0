import { decideSettlements, type Rejection, type SettlementOutcome } from '../domain/settlement.ts';
import { shopParts } from '../domain/shop-parts.ts';
import type { CheckoutStatus, StockChange, StockLevel } from '../domain/vocabulary.ts';
import { orderIdOf } from '../runtime/ids.ts';
import type { CheckoutRecord } from '../store/collections/checkouts.ts';
import type { OutboxRecord } from '../store/collections/outbox.ts';
import type { Session } from '../store/store.ts';
import { inTransaction } from '../store/transaction.ts';
import { writable } from '../store/writable.ts';
import { writeUses } from './discount-uses.ts';
import type { LedgerContext } from './ledger.ts';
import { type EventDraft, outboxEntry, writeOutbox } from './outbox-entry.ts';
import { discountIdsOf, readDiscounts } from './settling/discounts.ts';
import { confirmFreeOrders, dropRevokedConfirmations } from './settling/free-orders.ts';
import { writeOutcomes } from './settling/outcome-writes.ts';
import { readCheckouts, readForSale, readStillQueued } from './settling/reads.ts';
import { eventOf, ordersOf } from './settling/records.ts';
import { alertsOf } from './stock-events.ts';
import { readStock, writeStock } from './stock-writes.ts';

/** What became of a checkout, whoever settled it. */
export interface SettledCheckout {
  readonly checkoutId: string;
  readonly status: CheckoutStatus | 'missing';
  readonly orderIds: readonly string[];
  readonly rejection?: Rejection;
  readonly acceptedAt?: Date;
  readonly settledAt?: Date;
}

/**
 * Settles a batch of checkouts in one transaction, in the order in which they were accepted.
 * Those that are no longer queued keep their outcome and are answered with it.
 * @throws what cannot be cured by trying again; nothing of the batch is then done
 */
export async function settleCheckouts(
  context: LedgerContext,
  checkoutIds: readonly string[],
): Promise<SettledCheckout[]> {
  const pickedUpAt = context.clock.now();
  const records = await readCheckouts(context, checkoutIds);
  const queued = [...records.values()]
    .filter((record) => record.status === 'queued')
    .sort(byAcceptance);
  if (queued.length > 0) {
    const products = queued.flatMap((record) => record.lines.map((line) => line.productId));
    const names = [...products, ...discountIdsOf(queued)];
    const outcomes = await context.locks.holding(names, () =>
      settleQueued(context, queued, pickedUpAt),
    );
    for (const outcome of outcomes) records.set(outcome._id, outcome);
    const missed = queued.filter((record) => records.get(record._id)?.status === 'queued');
    const others = await readCheckouts(
      context,
      missed.map((record) => record._id),
    );
    for (const [id, record] of others) records.set(id, record);
  }
  return checkoutIds.map((id) => settledOf(id, records.get(id)));
}

function byAcceptance(first: CheckoutRecord, second: CheckoutRecord): number {
  const earlier = first.acceptedAt.getTime() - second.acceptedAt.getTime();
  return earlier === 0 ? (first._id < second._id ? -1 : 1) : earlier;
}

async function settleQueued(
  context: LedgerContext,
  queued: readonly CheckoutRecord[],
  pickedUpAt: Date,
): Promise<CheckoutRecord[]> {
  const done = await inTransaction(context.store, (session) =>
    settleAtSnapshot(context, session, queued, pickedUpAt),
  );
  if (done.entry.events.length > 0) context.onCommitted?.(done.entry);
  return done.settled;
}

async function settleAtSnapshot(
  context: LedgerContext,
  session: Session,
  candidates: readonly CheckoutRecord[],
  pickedUpAt: Date,
): Promise<{ settled: CheckoutRecord[]; entry: OutboxRecord }> {
  const { store } = context;
  const stillQueued = await readStillQueued(context, session, candidates);
  const lines = stillQueued.flatMap((record) => record.lines);
  const stock = await readStock(store, session, [...new Set(lines.map((line) => line.variantId))]);
  const forSale = await readForSale(context, session, [
    ...new Set(lines.map((line) => line.productId)),
  ]);
  const decided = await dropRevokedConfirmations(store, session, stillQueued);
  const levels = new Map(stock.map((level) => [level.variantId, level]));
  const { outcomes, useChanges, ...reserved } = decideSettlements({
    checkouts: decided.map((record) => ({ id: record._id, ...record })),
    stock: levels,
    variantIdsForSale: forSale,
    ...(await readDiscounts(store, session, stillQueued)),
  });
  const settledAt = context.clock.now();
  const placed = stillQueued.flatMap((record, index) =>
    ordersOf(record, outcomes[index], settledAt, context.reservationTtlMs),
  );
  const batch = { outcomes, orders: placed, stockChanges: reserved.stockChanges };
  const { orders, stockChanges, ...free } = confirmFreeOrders(batch, stock, settledAt);
  const entry = outboxEntry(
    [
      ...stillQueued.map((record, index) => eventOf(record, outcomes[index])),
      ...free.events,
      ...stockChanges.flatMap((change) => alertsOfChange(levels, change)),
    ],
    settledAt,
  );
  if (orders.length > 0) {
    await writable(store).orders.insertMany(orders, { session, ordered: false });
  }
  if (free.movements.length > 0) {
    const movements = free.movements;
    await writable(store).movements.insertMany(movements, { session, ordered: false });
  }
  await writeOutbox(store, session, entry);
  await writeOutcomes(context, session, outcomes, { pickedUpAt, settledAt });
  await writeUses(store, session, useChanges);
  await writeStock(store, session, stockChanges);
  const settled = stillQueued.map((record, index) =>
    withOutcome(record, outcomes[index], settledAt),
  );
  return { settled, entry };
}

/** Alerts are judged over the whole batch: what it passes through on the way is nobody's news. */
function alertsOfChange(
  levels: ReadonlyMap<string, StockLevel>,
  { variantId, toVersion, delta }: StockChange,
): EventDraft[] {
  const before = levels.get(variantId);
  if (before === undefined) return [];
  const onHand = before.onHand + delta.onHand;
  const reserved = before.reserved + delta.reserved;
  return alertsOf(before, { ...before, onHand, reserved, version: toVersion });
}

function withOutcome(
  checkout: CheckoutRecord,
  outcome: SettlementOutcome | undefined,
  settledAt: Date,
): CheckoutRecord {
  if (outcome?.status !== 'rejected') return { ...checkout, status: 'placed', settledAt };
  return { ...checkout, status: 'rejected', rejection: outcome.rejection, settledAt };
}

function settledOf(checkoutId: string, record: CheckoutRecord | undefined): SettledCheckout {
  if (record === undefined) return { checkoutId, status: 'missing', orderIds: [] };
  const { status, rejection, acceptedAt, settledAt } = record;
  const orderIds =
    status === 'placed'
      ? shopParts(record.lines).map((part) => orderIdOf(checkoutId, part.shopId))
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
