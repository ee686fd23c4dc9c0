import { settleCheckouts } from '../../shared/ledger/settle-checkouts.ts';
import type { OrderRecord } from '../../shared/store/collections/orders.ts';
import type { Store } from '../../shared/store/store.ts';
import {
  type GivenVariant,
  givenCheckouts,
  givenLedger,
  toPricedLine,
} from '../../shared/testing/builders.ts';
import type { Storefront } from './storefront.ts';

const BATCH_MAX = 100;

/** Places orders of one unit directly through the ledger; returns the ids of all stored orders. */
export async function givenPlacedOrders(
  store: Store,
  variant: GivenVariant,
  count: number,
): Promise<string[]> {
  const ledger = givenLedger(store);
  for (let placed = 0; placed < count; placed += BATCH_MAX) {
    const specs = Array.from({ length: Math.min(BATCH_MAX, count - placed) }, () => ({
      lines: [toPricedLine(variant)],
    }));
    const checkouts = await givenCheckouts(store, specs);
    await settleCheckouts(
      ledger,
      checkouts.map((checkout) => checkout._id),
    );
  }
  const orders = await store.orders
    .find<OrderRecord>({}, { projection: { _id: 1 } })
    .sort({ _id: 1 })
    .toArray();
  return orders.map((order) => order._id);
}

/**
 * Confirms, ships and delivers an order by API calls.
 * @throws Error if a call is refused
 */
export async function moveThrough(front: Storefront, orderId: string): Promise<void> {
  for (const move of ['confirm', 'ship', 'deliver']) {
    const { status, json } = await front.call('POST', `/v1/orders/${orderId}/${move}`);
    if (status !== 200) throw new Error(`${move} was answered ${status} ${json['code']}`);
  }
}
