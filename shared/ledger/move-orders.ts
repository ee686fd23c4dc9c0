import type { EventType } from '../contract/events.ts';
import { decideTransition, type OrderMove, type StockEffect } from '../domain/order-transitions.ts';
import { StockBook } from '../domain/stock-book.ts';
import type { OrderStatus } from '../domain/vocabulary.ts';
import { newId } from '../runtime/ids.ts';
import type { MovementKind, MovementRecord } from '../store/collections/movements.ts';
import type { OrderRecord } from '../store/collections/orders.ts';
import type { OutboxRecord } from '../store/collections/outbox.ts';
import type { Session } from '../store/store.ts';
import { inTransaction, StaleReadError } from '../store/transaction.ts';
import type { LedgerContext } from './ledger.ts';
import { type EventDraft, outboxEntry, writeOutbox } from './outbox-entry.ts';
import { readStock, writeStock } from './stock-writes.ts';

/** A move that somebody asks of an order. */
export interface OrderCommand {
  readonly orderId: string;
  readonly move: OrderMove;
  /** Id of the principal, or `system`. */
  readonly actor: string;
  readonly reason?: string;
  /** The only status from which whoever asks may make the move. */
  readonly onlyFrom?: OrderStatus;
}

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
 * Moves orders in one transaction, in the order of the commands: status, stock, movements, history
 * and events together. A move that has already happened changes nothing.
 * @throws what cannot be cured by trying again; nothing of the batch is then done
 */
export async function moveOrders(
  context: LedgerContext,
  commands: readonly OrderCommand[],
): Promise<readonly OrderMoveResult[]> {
  const ids = [...new Set(commands.map((command) => command.orderId))];
  const lines = await context.store.orders.collection
    .find<Pick<OrderRecord, 'lines'>>({ _id: { $in: ids } as never }, { projection: { lines: 1 } })
    .toArray();
  const products = lines.flatMap((order) => order.lines.map((line) => line.productId));
  const { results, entry } = await context.locks.holding(products, () =>
    inTransaction(context.store, (session) => moveAtSnapshot(context, session, ids, commands)),
  );
  if (entry.events.length > 0) context.onCommitted?.(entry);
  return results;
}

async function moveAtSnapshot(
  context: LedgerContext,
  session: Session,
  ids: readonly string[],
  commands: readonly OrderCommand[],
): Promise<Written> {
  const { store } = context;
  const found = await store.orders.collection
    .find<OrderRecord>({ _id: { $in: [...ids] } as never }, { session })
    .toArray();
  const before = new Map(found.map((order) => [order._id, order]));
  const variantIds = new Set(found.flatMap((order) => order.lines.map((line) => line.variantId)));
  const book = new StockBook(await readStock(store, session, [...variantIds]));
  const at = context.clock.now();
  const orders = new Map(before);
  const movements: MovementRecord[] = [];
  const events: EventDraft[] = [];
  const results = commands.map((command): OrderMoveResult => {
    const order = orders.get(command.orderId);
    if (order === undefined) return { kind: 'missing' };
    const decision = decideTransition(order, command.move, at, command.onlyFrom);
    if (decision.kind !== 'moved') return { ...decision, order };
    const moved = withStatus(order, decision.to, command, at);
    orders.set(order._id, moved);
    movements.push(...movementsOf(moved, decision.effect, command, book, at));
    events.push(eventOf(moved));
    return { kind: 'moved', order: moved };
  });
  const entry = outboxEntry(events, at);
  await writeMoves(context, session, before, orders);
  if (movements.length > 0) {
    await store.movements.collection.insertMany(movements as never[], { session, ordered: false });
  }
  await writeOutbox(store, session, entry);
  await writeStock(store, session, book.changes());
  return { results, entry };
}

function withStatus(
  order: OrderRecord,
  status: OrderStatus,
  { actor, reason }: OrderCommand,
  at: Date,
): OrderRecord {
  const step = reason === undefined ? { at, status, actor } : { at, status, actor, reason };
  return { ...order, status, seq: order.seq + 1, history: [...order.history, step] };
}

function movementsOf(
  order: OrderRecord,
  effect: StockEffect,
  command: OrderCommand,
  book: StockBook,
  at: Date,
): MovementRecord[] {
  const kind = MOVEMENT_KIND[command.move];
  if (kind === undefined) return [];
  return order.lines.map((line) => {
    const delta = {
      onHand: effect.onHand * line.quantity,
      reserved: effect.reserved * line.quantity,
      sold: effect.sold * line.quantity,
    };
    const { version } = book.change(line.variantId, delta);
    return {
      _id: newId('mov'),
      variantId: line.variantId,
      shopId: order.shopId,
      version,
      kind,
      delta,
      reason: command.reason ?? `order ${order.status}`,
      reference: order._id,
      actor: command.actor,
      at,
    };
  });
}

/** Moves that change stock; shipping and delivering do not. */
const MOVEMENT_KIND: Partial<Readonly<Record<OrderMove, MovementKind>>> = {
  confirm: 'confirm',
  cancel: 'cancel',
  expire: 'expire',
};

const EVENT_TYPE: Readonly<Record<Exclude<OrderStatus, 'pending'>, EventType>> = {
  confirmed: 'order.confirmed',
  shipped: 'order.shipped',
  delivered: 'order.delivered',
  cancelled: 'order.cancelled',
  expired: 'order.expired',
};

function eventOf(order: OrderRecord): EventDraft {
  if (order.status === 'pending') throw new RangeError(`order ${order._id} has not moved`);
  return {
    type: EVENT_TYPE[order.status],
    subjectId: order._id,
    seq: order.seq,
    shopIds: [order.shopId],
    data: { checkoutId: order.checkoutId },
  };
}

async function writeMoves(
  context: LedgerContext,
  session: Session,
  before: ReadonlyMap<string, OrderRecord>,
  after: ReadonlyMap<string, OrderRecord>,
): Promise<void> {
  const writes = [...after.values()].flatMap((order) => {
    const was = before.get(order._id);
    if (was === undefined || was.seq === order.seq) return [];
    const filter = { _id: order._id as never, seq: was.seq };
    const { status, seq, history } = order;
    return [{ updateOne: { filter, update: { $set: { status, seq, history } } } }];
  });
  if (writes.length === 0) return;
  const orders = context.store.orders.collection;
  const result = await orders.bulkWrite(writes as never[], { session, ordered: false });
  if (result.matchedCount !== writes.length) throw new StaleReadError('an order');
}
