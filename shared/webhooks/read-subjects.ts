import type { DomainEvent } from '../contract/events.ts';
import { toOrderId } from '../runtime/ids.ts';
import type { Store } from '../store/store.ts';
import type { Filter, ReadCollection } from '../store/typed-collection.ts';
import { type EventSubjects, isMadeBy } from './event-for-shop.ts';

/** An event, and the shops that receive it. */
interface WantedEvent {
  readonly event: DomainEvent;
  readonly shopIds: readonly string[];
}

/** Reads the orders and checkouts that events describe, with at most two queries. */
export async function readSubjects(
  store: Store,
  wanted: readonly WantedEvent[],
  timeoutMs: number,
): Promise<EventSubjects> {
  const orderIds = new Set<string>();
  const checkoutIds = new Set<string>();
  for (const { event, shopIds } of wanted) {
    const { type, subjectId } = event;
    if (type.startsWith('order.')) orderIds.add(subjectId);
    if (!type.startsWith('checkout.')) continue;
    if (shopIds.some((shopId) => isMadeBy(event, shopId))) checkoutIds.add(subjectId);
    if (type !== 'checkout.placed') continue;
    for (const shopId of shopIds) {
      if (event.shopIds.includes(shopId)) orderIds.add(toOrderId(subjectId, shopId));
    }
  }
  const [orders, checkouts] = await Promise.all([
    readByIds(store.orders, orderIds, timeoutMs),
    readByIds(store.checkouts, checkoutIds, timeoutMs),
  ]);
  return { orders, checkouts };
}

async function readByIds<Found extends { readonly _id: string }>(
  collection: ReadCollection<Found>,
  ids: ReadonlySet<string>,
  maxTimeMS: number,
): Promise<Map<string, Found>> {
  if (ids.size === 0) return new Map();
  const filter: Filter<{ readonly _id: string }> = { _id: { $in: [...ids] } };
  const records = await collection.find(filter as Filter<Found>, { maxTimeMS }).toArray();
  return new Map(records.map((record) => [record._id, record]));
}
