import { giveBackUses } from '../domain/discounts/uses.ts';
import { holdToDetails } from '../domain/order-details.ts';
import { decideTransition, type TransitionDecision } from '../domain/order-transitions.ts';
import { StockChanges } from '../domain/stock-changes.ts';
import { byIds, inOneBatch } from '../store/by-ids.ts';
import type { MovementRecord } from '../store/collections/movements.ts';
import type { OrderRecord } from '../store/collections/orders.ts';
import type { Session } from '../store/store.ts';
import { type AuditDraft, commit, type Decision, type EventDraft } from './commit.ts';
import { readUses } from './discount-uses.ts';
import type { LedgerContext } from './ledger.ts';
import { applyMove, type OrderCommand } from './moving/apply-move.ts';
import { listDiscountIds, readLockNames } from './moving/lock-names.ts';
import { writeOrders } from './moving/order-writes.ts';
import { recordUnmatchedPayment } from './moving/unmatched-payment.ts';
import { readStock } from './stock-levels.ts';

/** The result of a command; `order` is the order as it then stands. */
export type OrderMoveResult =
  | { readonly kind: 'moved' | 'unchanged'; readonly order: OrderRecord }
  | { readonly kind: 'refused'; readonly reason: string; readonly order: OrderRecord }
  | { readonly kind: 'missing' };

/**
 * Moves orders in one transaction, in the order of the commands: status, stock, discount uses,
 * movements, history and events together. A move that has already happened changes nothing. A
 * payment whose confirmation is refused goes on record.
 * @throws the error that another try cannot cure; nothing of the batch is then done
 */
export async function moveOrders(
  context: LedgerContext,
  commands: readonly OrderCommand[],
): Promise<readonly OrderMoveResult[]> {
  const ids = [...new Set(commands.map((command) => command.orderId))];
  const unnamed = commands.flatMap(({ orderId, lockNames }) => (lockNames ? [] : orderId));
  const lockNames = commands.flatMap((command) => command.lockNames ?? []);
  lockNames.push(...(await readLockNames(context.store, [...new Set(unnamed)])));
  return commit(context, lockNames, (session) => decideMoves(context, session, ids, commands));
}

async function decideMoves(
  { store, clock }: LedgerContext,
  session: Session,
  ids: readonly string[],
  commands: readonly OrderCommand[],
): Promise<Decision<readonly OrderMoveResult[]>> {
  const found = await store.orders
    .find<OrderRecord>(byIds(ids), { ...inOneBatch(ids), session })
    .toArray();
  const before = new Map(found.map((order) => [order._id, order]));
  const variantIds = new Set(found.flatMap((order) => order.lines.map((line) => line.variantId)));
  const stock = new StockChanges(await readStock(store, session, [...variantIds]));
  const discountIds = new Set(found.flatMap(listDiscountIds));
  const discounts = await readUses(store, session, [...discountIds]);
  const at = clock.now();
  const orders = new Map(before);
  const movements: MovementRecord[] = [];
  const events: EventDraft[] = [];
  const audit: AuditDraft[] = [];
  const endedUses: string[] = [];
  const result = commands.map((command): OrderMoveResult => {
    const order = orders.get(command.orderId);
    if (order === undefined) return { kind: 'missing' };
    const decision = decideMove(order, command, at);
    if (decision.kind !== 'moved') {
      const payment = recordUnmatchedPayment(order, command, decision, at);
      if (payment === undefined) return { ...decision, order };
      orders.set(order._id, payment.order);
      events.push(...payment.events);
      audit.push(payment.audit);
      return { ...decision, order: payment.order };
    }
    const moved = applyMove(stock, order, decision, command, at);
    orders.set(order._id, moved.order);
    movements.push(...moved.movements);
    events.push(...moved.events);
    if (decision.effect.endsUse) endedUses.push(...listDiscountIds(order));
    return { kind: 'moved', order: moved.order };
  });
  const write = () => writeOrders(store, session, before, orders);
  const uses = giveBackUses(discounts, endedUses);
  return { result, changes: { at, events, write, movements, audit, uses, stock: stock.changes() } };
}

function decideMove(order: OrderRecord, command: OrderCommand, at: Date): TransitionDecision {
  const { move, actorKind, details, forbidden } = command;
  if (forbidden !== undefined) return { kind: 'refused', reason: forbidden };
  return holdToDetails(decideTransition(order, move, at, actorKind), order, details);
}
