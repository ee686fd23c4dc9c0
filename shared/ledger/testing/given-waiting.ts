import { ON_HAND_MAX } from '../../contract/limits.ts';
import { newId } from '../../runtime/ids.ts';
import type { CheckoutRecord } from '../../store/collections/checkouts.ts';
import type { Store } from '../../store/store.ts';
import { type GivenVariant, toPricedLine } from '../../testing/builders.ts';
import { adjustStock } from '../adjust-stock.ts';
import type { LedgerContext } from '../ledger.ts';
import { settleCheckouts } from '../settle-checkouts.ts';

const HOUR_MS = 3_600_000;

let buyers = 0;

/** Returns a checkout of a new buyer that may wait. */
export function toWait(
  variant: GivenVariant,
  quantity = 1,
  waitUntil = new Date(Date.now() + HOUR_MS),
) {
  buyers += 1;
  const buyerId = `buyer-${buyers}`;
  return { buyerId, lines: [toPricedLine(variant, quantity)], waitUntil };
}

/**
 * Returns checkouts that want units of a variant of which `rounds` are free. Each transaction
 * serves only one of them: the other checkouts that the transaction has read want all units that
 * were free.
 */
export function toWaitInRounds(variant: GivenVariant, rounds: number) {
  return Array.from({ length: rounds }, (_, round) => {
    const free = rounds - round;
    return Array.from({ length: free }, (__, n) => toWait(variant, n === 0 ? 1 : free));
  }).flat();
}

/** Returns a checkout that may not wait. */
export function buy(variant: GivenVariant, quantity = 1) {
  return { lines: [toPricedLine(variant, quantity)] };
}

/** Settles checkouts in one batch; returns their statuses. */
export async function settle(ledger: LedgerContext, checkouts: readonly CheckoutRecord[]) {
  const settled = await settleCheckouts(
    ledger,
    checkouts.map(({ _id }) => _id),
  );
  return settled.map(({ status }) => status);
}

/** Reads the statuses of checkouts, in their order. */
export async function readStatuses(store: Store, checkouts: readonly CheckoutRecord[]) {
  const ids = checkouts.map(({ _id }) => _id);
  const stored = await store.checkouts.find<CheckoutRecord>({ _id: { $in: ids } }).toArray();
  const byId = new Map(stored.map(({ _id, status }) => [_id, status]));
  return ids.map((id) => byId.get(id));
}

/** Adds units of a variant to the units on hand; removes units if `delta` is negative. */
export async function restock(
  ledger: LedgerContext,
  { variantId, productId }: GivenVariant,
  delta: number,
): Promise<void> {
  const common = { reason: 'delivery', actor: 'test', onHandMax: ON_HAND_MAX };
  await adjustStock(ledger, [
    { movementId: newId('mov'), variantId, productId, amount: { delta }, ...common },
  ]);
}
