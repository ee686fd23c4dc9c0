import { toBuyerKey } from '../../domain/discounts/terms.ts';
import { UseChanges } from '../../domain/discounts/use-changes.ts';
import { isUsing } from '../../domain/discounts/uses.ts';
import type { KeptLimit } from '../../domain/purchase-limits.ts';
import { StockChanges } from '../../domain/stock-changes.ts';
import { byIds, inOneBatch } from '../../store/by-ids.ts';
import type { MovementRecord } from '../../store/collections/movements.ts';
import type { OrderRecord } from '../../store/collections/orders.ts';
import type { Session } from '../../store/store.ts';
import { type AuditDraft, commit, type Decision, type EventDraft } from '../commit.ts';
import { readBuyerUses, readUses } from '../discount-uses.ts';
import { DrawReturns } from '../draws/draw-returns.ts';
import { LapsedHolds } from '../lapses/lapsed-holds.ts';
import type { LedgerContext } from '../ledger.ts';
import { readStock } from '../stock-levels.ts';
import { applyMove } from './apply-move.ts';
import { applyReduction } from './apply-reduction.ts';
import { decideMove, type MoveRefusal } from './decide-move.ts';
import { type Attempt, findLapsed, type ShortClaim, toShortClaim } from './lapsed-orders.ts';
import { listDiscountIds, readLockNames } from './lock-names.ts';
import type { OrderCommand } from './order-command.ts';
import { writeOrders } from './order-writes.ts';
import { readPurchaseChanges } from './reacquire.ts';
import { recordUnmatchedPayment } from './unmatched-payment.ts';

/** The result of a command; `order` is the order after it. */
export type OrderMoveResult =
  | { readonly kind: 'moved' | 'unchanged'; readonly order: OrderRecord }
  | (MoveRefusal & { readonly order: OrderRecord })
  | { readonly kind: 'missing' };

/**
 * Moves orders in one transaction. If an order cannot reacquire its units and discount uses because
 * lapsed orders hold what it lacks, returns these lapsed orders and changes nothing, unless
 * `isFinal`.
 */
export async function moveOnce(
  context: LedgerContext,
  commands: readonly OrderCommand[],
  isFinal: boolean,
): Promise<Attempt<OrderMoveResult[]>> {
  const unreadIds = commands.flatMap(({ orderId, lockNames }) => (lockNames ? [] : orderId));
  const lockNames = commands.flatMap((command) => command.lockNames ?? []);
  lockNames.push(...(await readLockNames(context.store, [...new Set(unreadIds)])));
  return commit(context, lockNames, (session) => decideMoves(context, session, commands, isFinal));
}

async function decideMoves(
  { store, clock }: LedgerContext,
  session: Session,
  commands: readonly OrderCommand[],
  isFinal: boolean,
): Promise<Decision<Attempt<OrderMoveResult[]>>> {
  const ids = [...new Set(commands.map((command) => command.orderId))];
  const stored = await store.orders
    .find<OrderRecord>(byIds(ids), { ...inOneBatch(ids), session })
    .toArray();
  const before = new Map(stored.map((order) => [order._id, order]));
  const variantIds = new Set(stored.flatMap((order) => order.lines.map((line) => line.variantId)));
  const stock = new StockChanges(await readStock(store, session, [...variantIds]));
  const reacquiring = listReacquiring(before, commands);
  const uses = await readUseChanges(store, session, before, reacquiring);
  const at = clock.now();
  const purchases = await readPurchaseChanges(store, session, reacquiring, at);
  const draws = await DrawReturns.read(store, session, stored);
  const lapses = await LapsedHolds.read(store, session, before, commands);
  const orders = new Map(before);
  const movements: MovementRecord[] = [];
  const events: EventDraft[] = [];
  const audit: AuditDraft[] = [];
  const shortClaims: ShortClaim[] = [];
  const done = commands.map((command): OrderMoveResult => {
    const order = orders.get(command.orderId);
    if (order === undefined) return { kind: 'missing' };
    const decision = decideMove(order, command, { at, stock, uses, purchases });
    if (decision.kind === 'unchanged' || decision.kind === 'refused') {
      if ('rejection' in decision && decision.rejection !== undefined) {
        shortClaims.push(toShortClaim(order, decision.rejection, stock));
      }
      const payment = recordUnmatchedPayment(order, command, decision, at);
      if (payment === undefined) return { ...decision, order };
      orders.set(order._id, payment.order);
      events.push(...payment.events);
      audit.push(payment.audit);
      return { ...decision, order: payment.order };
    }
    const changed =
      decision.kind === 'moved'
        ? applyMove(stock, order, decision, command, at)
        : applyReduction(stock, order, decision, command, at);
    const moved = draws.setAside(stock, order, changed, at);
    const buyerKey = toBuyerKey(order.storefrontId, order.buyerId);
    movements.push(...moved.movements);
    events.push(...moved.events);
    if (isUsing(order.status) && !isUsing(moved.order.status)) uses.giveBack(order);
    purchases.giveBack(order, moved.order, buyerKey);
    const isClaim = decision.kind === 'moved' && decision.effect.isNewClaim === true;
    if (isClaim) uses.take(order);
    const kept = isClaim ? purchases.take(moved.order, buyerKey) : [];
    const after = isClaim ? toNewClaim(moved.order, kept) : moved.order;
    lapses.note(order, after, stock);
    orders.set(order._id, after);
    if (command.audit !== undefined) audit.push(command.audit);
    return { kind: 'moved', order: after };
  });
  const lapsed = isFinal ? [] : await findLapsed(store, session, at, shortClaims);
  if (lapsed.length > 0) return { result: { lapsed } };
  const write = async () => {
    await writeOrders(store, session, before, orders);
    await draws.write(store, session);
    await lapses.write(store, session, at);
  };
  const changes = { at, events, write, movements, audit };
  return {
    result: { done },
    changes: {
      ...changes,
      uses: uses.changes(),
      purchases: purchases.changes(),
      stock: await lapses.withRises(store, session, stock.changes()),
    },
  };
}

/**
 * Replaces the purchase limits that an order keeps with those of its new claim. Removes its draw,
 * because the new units come from the units on sale.
 */
function toNewClaim({ drawId: _, ...order }: OrderRecord, kept: readonly KeptLimit[]): OrderRecord {
  const isSame = kept.length === 0 && order.purchaseLimits === undefined;
  return isSame ? order : { ...order, purchaseLimits: kept };
}

/**
 * Lists the orders that may have to claim their units again: those that have expired, or that an
 * earlier command of the same transaction expires.
 */
function listReacquiring(
  before: ReadonlyMap<string, OrderRecord>,
  commands: readonly OrderCommand[],
): OrderRecord[] {
  const isExpired = ({ _id, status }: OrderRecord) =>
    status === 'expired' ||
    commands.some(({ orderId, move }) => orderId === _id && move === 'expire');
  return commands.flatMap(({ isReacquiring, orderId }) => {
    const order = isReacquiring ? before.get(orderId) : undefined;
    return order !== undefined && isExpired(order) ? order : [];
  });
}

/**
 * Reads the uses of the orders' discounts. For orders that may reacquire their uses, also counts
 * how often their buyers use the discounts.
 */
async function readUseChanges(
  store: LedgerContext['store'],
  session: Session,
  before: ReadonlyMap<string, OrderRecord>,
  reacquiring: readonly OrderRecord[],
) {
  const discountIds = new Set([...before.values()].flatMap(listDiscountIds));
  const discounts = await readUses(store, session, [...discountIds]);
  const buyerKeys = reacquiring.flatMap(({ buyerKey }) => buyerKey ?? []);
  const buyerUses = await readBuyerUses(store, session, discounts, [...new Set(buyerKeys)]);
  return new UseChanges(discounts, buyerUses);
}
