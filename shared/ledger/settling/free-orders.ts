import { decideTransition } from '../../domain/order-transitions.ts';
import type { SettlementOutcome } from '../../domain/settlement.ts';
import { StockChanges } from '../../domain/stock-changes.ts';
import { findRights, toPolicy } from '../../domain/storefront-rights.ts';
import type { StockChange, StockLevel } from '../../domain/vocabulary.ts';
import { toOrderId } from '../../runtime/ids.ts';
import type { CheckoutRecord } from '../../store/collections/checkouts.ts';
import type { MovementRecord } from '../../store/collections/movements.ts';
import type { OrderRecord } from '../../store/collections/orders.ts';
import type { ShopRecord } from '../../store/collections/shops.ts';
import type { Session, Store } from '../../store/store.ts';
import type { EventDraft } from '../commit.ts';
import { applyMove } from '../moving/apply-move.ts';

type PolicyRecord = Pick<ShopRecord, '_id' | 'openToStorefronts' | 'storefronts'>;

/**
 * Removes from `confirmFreeOf` of each checkout the sellers that no longer let the checkout's
 * storefront confirm. The list was made when the checkout was accepted, and a seller may have
 * revoked the right since. Reads, at the transaction's snapshot, only the sellers in these lists
 * that are not the storefront's own shop.
 */
export async function dropRevokedConfirmations(
  store: Store,
  session: Session,
  checkouts: readonly CheckoutRecord[],
): Promise<readonly CheckoutRecord[]> {
  const sellerIds = new Set<string>();
  for (const { confirmFreeOf, storefrontId } of checkouts) {
    if (confirmFreeOf === undefined) continue;
    for (const shopId of confirmFreeOf) if (shopId !== storefrontId) sellerIds.add(shopId);
  }
  if (sellerIds.size === 0) return checkouts;
  const shops = await store.shops
    .find<PolicyRecord>(
      { _id: { $in: [...sellerIds] } },
      { session, projection: { openToStorefronts: 1, storefronts: 1 } },
    )
    .toArray();
  const policies = new Map(shops.map((shop) => [shop._id, toPolicy(shop)]));
  return checkouts.map((checkout) => {
    const { confirmFreeOf, storefrontId: shopId, madeBy: keyId } = checkout;
    if (confirmFreeOf === undefined) return checkout;
    const mayConfirm = (sellerId: string) =>
      findRights({ shopId, keyId }, sellerId, policies.get(sellerId) ?? toPolicy(undefined))
        .mayConfirm;
    return { ...checkout, confirmFreeOf: confirmFreeOf.filter(mayConfirm) };
  });
}

/** The orders of a batch before they are written. */
interface PlacedBatch {
  readonly outcomes: readonly SettlementOutcome[];
  /** The placed orders, all of them still pending. */
  readonly orders: readonly OrderRecord[];
  readonly stockChanges: readonly StockChange[];
}

/** What a batch writes, with its free orders confirmed. */
interface ConfirmedBatch extends Omit<PlacedBatch, 'outcomes'> {
  readonly movements: readonly MovementRecord[];
  readonly events: readonly EventDraft[];
}

/**
 * Confirms the free orders of a batch in the transaction that places them. The movements of the
 * confirmations get higher versions than all reservations of the batch, so that the refusals of the
 * batch stay true at the versions on which they were decided.
 */
export function confirmFreeOrders(
  { outcomes, orders, stockChanges }: PlacedBatch,
  stock: ReadonlyMap<string, StockLevel>,
  at: Date,
): ConfirmedBatch {
  const freeIds = listFreeOrderIds(outcomes);
  if (freeIds.size === 0) return { orders, stockChanges, movements: [], events: [] };
  const levels = new StockChanges(stock.values());
  for (const change of stockChanges) levels.apply(change);
  const movements: MovementRecord[] = [];
  const events: EventDraft[] = [];
  const written = orders.map((order) => {
    if (!freeIds.has(order._id)) return order;
    const decision = decideTransition(order, 'confirm', at);
    if (decision.kind !== 'moved') throw new RangeError(`order ${order._id} cannot be confirmed`);
    const reason = 'nothing to pay';
    const command = { orderId: order._id, move: 'confirm', actor: 'system', reason } as const;
    const confirmed = applyMove(levels, order, decision, command, at);
    movements.push(...confirmed.movements);
    events.push(...confirmed.events);
    return confirmed.order;
  });
  return { orders: written, stockChanges: levels.changes(), movements, events };
}

function listFreeOrderIds(outcomes: readonly SettlementOutcome[]): ReadonlySet<string> {
  const ids = new Set<string>();
  for (const outcome of outcomes) {
    if (outcome.status !== 'placed') continue;
    for (const { isConfirmed, shopId } of outcome.orders) {
      if (isConfirmed) ids.add(toOrderId(outcome.checkoutId, shopId));
    }
  }
  return ids;
}
