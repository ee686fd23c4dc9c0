import { writeAudit } from '../audit/write-audit.ts';
import { DiscountUseChanges } from '../domain/discounts/use-changes.ts';
import type { DiscountUses } from '../domain/discounts/use-pools.ts';
import { holdToDetails } from '../domain/order-details.ts';
import { decideTransition, type TransitionDecision } from '../domain/order-transitions.ts';
import { StockChanges } from '../domain/stock-changes.ts';
import type { AuditRecord } from '../store/collections/audit.ts';
import type { MovementRecord } from '../store/collections/movements.ts';
import type { OrderRecord } from '../store/collections/orders.ts';
import type { OutboxRecord } from '../store/collections/outbox.ts';
import type { Session } from '../store/store.ts';
import { inTransaction } from '../store/transaction.ts';
import { writable } from '../store/writable.ts';
import { readUses, writeUses } from './discount-uses.ts';
import type { LedgerContext } from './ledger.ts';
import { eventOf, withStatus } from './moving/moved-order.ts';
import type { OrderCommand } from './moving/order-command.ts';
import { writeMoves } from './moving/order-writes.ts';
import { moveStock } from './moving/stock-effects.ts';
import { recordUnmatchedPayment } from './moving/unmatched-payment.ts';
import { type EventDraft, outboxEntry, writeOutbox } from './outbox-entry.ts';
import { readStock, writeStock } from './stock-writes.ts';

/** What became of the command; `order` is the order as it then stands. */
export type OrderMoveResult =
  | { readonly kind: 'moved' | 'unchanged'; readonly order: OrderRecord }
  | { readonly kind: 'refused'; readonly reason: string; readonly order: OrderRecord }
  | { readonly kind: 'missing' };

interface Written {
  readonly results: readonly OrderMoveResult[];
  readonly entry: OutboxRecord;
}

/**
 * Moves orders in one transaction, in the order of the commands: status, stock, discount uses,
 * movements, history and events together. A move that has already happened changes nothing. A
 * payment whose confirmation is refused goes on record.
 * @throws what cannot be cured by trying again; nothing of the batch is then done
 */
export async function moveOrders(
  context: LedgerContext,
  commands: readonly OrderCommand[],
): Promise<readonly OrderMoveResult[]> {
  const ids = [...new Set(commands.map((command) => command.orderId))];
  const names = await lockNamesOf(context, ids);
  const { results, entry } = await context.locks.holding(names, () =>
    inTransaction(context.store, (session) => moveAtSnapshot(context, session, ids, commands)),
  );
  if (entry.events.length > 0) context.onCommitted?.(entry);
  return results;
}

/** The products and discounts of the orders: what a move of them may change. */
async function lockNamesOf({ store }: LedgerContext, ids: readonly string[]): Promise<string[]> {
  const orders = await store.orders
    .find<Pick<OrderRecord, 'lines' | 'discounts'>>(
      { _id: { $in: [...ids] } },
      { projection: { 'lines.productId': 1, 'discounts.discountId': 1 } },
    )
    .toArray();
  return orders.flatMap(({ lines, discounts = [] }) => [
    ...lines.map((line) => line.productId),
    ...discounts.map((discount) => discount.discountId),
  ]);
}

async function moveAtSnapshot(
  context: LedgerContext,
  session: Session,
  ids: readonly string[],
  commands: readonly OrderCommand[],
): Promise<Written> {
  const { store } = context;
  const found = await store.orders
    .find<OrderRecord>({ _id: { $in: [...ids] } }, { session })
    .toArray();
  const before = new Map(found.map((order) => [order._id, order]));
  const variantIds = new Set(found.flatMap((order) => order.lines.map((line) => line.variantId)));
  const book = new StockChanges(await readStock(store, session, [...variantIds]));
  const uses = new DiscountUseChanges(await readUsesOf(context, session, found));
  const at = context.clock.now();
  const orders = new Map(before);
  const movements: MovementRecord[] = [];
  const events: EventDraft[] = [];
  const auditEntries: AuditRecord[] = [];
  const results = commands.map((command): OrderMoveResult => {
    const order = orders.get(command.orderId);
    if (order === undefined) return { kind: 'missing' };
    const decision = decideMove(order, command, at);
    if (decision.kind !== 'moved') {
      const payment = recordUnmatchedPayment(order, command, decision, at);
      if (payment === undefined) return { ...decision, order };
      orders.set(order._id, payment.order);
      events.push(...payment.events);
      auditEntries.push(payment.audit);
      return { ...decision, order: payment.order };
    }
    const moved = withStatus(order, decision.to, command, at);
    orders.set(order._id, moved);
    const stockMoved = moveStock(book, moved, decision.effect, command, at);
    movements.push(...stockMoved.movements);
    events.push(eventOf(moved), ...stockMoved.events);
    if (decision.effect.endsUse) {
      for (const { discountId } of order.discounts ?? []) uses.giveBack(discountId);
    }
    return { kind: 'moved', order: moved };
  });
  const entry = outboxEntry(events, at);
  await writeMoves(store, session, before, orders);
  if (movements.length > 0) {
    await writable(store).movements.insertMany(movements, { session, ordered: false });
  }
  if (auditEntries.length > 0) await writeAudit(store, auditEntries, session);
  await writeOutbox(store, session, entry);
  await writeUses(store, session, uses.changes());
  await writeStock(store, session, book.changes());
  return { results, entry };
}

function decideMove(order: OrderRecord, command: OrderCommand, at: Date): TransitionDecision {
  const { move, actorKind, details, forbidden } = command;
  if (forbidden !== undefined) return { kind: 'refused', reason: forbidden };
  return holdToDetails(decideTransition(order, move, at, actorKind), order, details);
}

async function readUsesOf(
  { store }: LedgerContext,
  session: Session,
  orders: readonly OrderRecord[],
): Promise<Iterable<DiscountUses>> {
  const ids = orders.flatMap(({ discounts = [] }) => discounts.map((each) => each.discountId));
  return (await readUses(store, session, [...new Set(ids)])).values();
}
