import type { PurchaseDifference } from '../../../domain/judging/purchases.ts';
import { isBehindOthers } from '../../../domain/lapsed-holds.ts';
import { toPurchaseId } from '../../../domain/purchase-limits.ts';
import { orderIdRange, toOrderId } from '../../../runtime/ids.ts';
import { atSnapshot } from '../../../store/snapshot.ts';
import type { Store } from '../../../store/store.ts';
import { findFalseLapseRefusals } from '../lapse-refusals.ts';
import { findDifferencesOf, purchaseDifferences } from '../limited-purchases.ts';
import { Matching, type SuspectOrder } from '../read-checkouts.ts';
import { type Refusal, toRefusal } from '../read-variants.ts';
import {
  CHECKOUT_FIELDS,
  type IndexedCheckout,
  type JudgedCheckout,
  type JudgedOrder,
  ORDER_FIELDS,
  SERVED_FIELDS,
} from '../record-cursors.ts';
import type { EventsBySubject } from './events-by-subject.ts';

type ReadCheckout = JudgedCheckout & IndexedCheckout;

/** The kinds of faults by the id of their subject; an empty list for a subject without faults. */
export type Faults = Map<string, readonly string[]>;

interface JudgedCheckouts {
  /** The faults of the checkouts and of their orders. */
  readonly faults: Faults;
  /** The checkouts that were refused as out of stock. */
  readonly refusals: readonly Refusal[];
  /** Variants that the checkouts want. */
  readonly variantIds: ReadonlySet<string>;
}

const IDS_AT_A_TIME = 1_000;

/**
 * Judges the checkouts that have changed or whose orders have changed. A changed order is judged as
 * its last event in the batch shows it, because a later change has another event. The checkouts and
 * their other orders are read at a snapshot.
 */
export async function judgeCheckouts(
  store: Store,
  subjects: EventsBySubject,
): Promise<JudgedCheckouts> {
  const ids = [...new Set([...subjects.checkouts, ...subjects.checkoutsOfOrders])];
  const byCheckout = Map.groupBy(
    [...subjects.orders.values()].filter((order) => order !== null),
    ({ checkoutId }) => checkoutId,
  );
  const faults: Faults = new Map();
  const refusals: Refusal[] = [];
  const variantIds = new Set<string>();
  const lapseRefusals: string[] = [];
  for (let at = 0; at < ids.length; at += IDS_AT_A_TIME) {
    const page = ids.slice(at, at + IDS_AT_A_TIME);
    const { checkouts, orders } = await readWithOrders(store, page, subjects);
    for (const id of page) {
      const checkout = checkouts.get(id);
      const ownOrders = [...(byCheckout.get(id) ?? []), ...(orders.get(id) ?? [])];
      for (const [subject, kinds] of findFaults(id, checkout, ownOrders))
        faults.set(subject, kinds);
      for (const { variantId } of checkout?.lines ?? []) variantIds.add(variantId);
      const refusal = checkout && toRefusal(checkout);
      if (refusal !== undefined) refusals.push(refusal);
      if (checkout?.status === 'rejected' && isBehindOthers(checkout.rejection)) {
        lapseRefusals.push(id);
      }
    }
  }
  addLapseFaults(faults, await findFalseLapseRefusals(store, lapseRefusals));
  // Deleted orders were not judged. An empty list makes `saveFaults` delete their earlier faults.
  for (const orderId of subjects.orders.keys()) if (!faults.has(orderId)) faults.set(orderId, []);
  return { faults, refusals, variantIds };
}

/**
 * Adds a fault to checkouts that were refused for lapsed holds although the record contradicts
 * that.
 */
export function addLapseFaults(faults: Faults, checkoutIds: readonly string[]): void {
  for (const id of checkoutIds) {
    faults.set(id, [...(faults.get(id) ?? []), 'lapsed_holds_contradicted']);
  }
}

/**
 * Judges the purchases of limited items that a batch has changed. Returns the faults by purchase
 * id.
 */
export async function judgePurchases(
  store: Store,
  { purchases }: EventsBySubject,
): Promise<Faults> {
  const faults: Faults = new Map(Array.from(purchases.keys(), (id) => [id, []]));
  addPurchaseFaults(faults, await findDifferencesOf(store, [...purchases.values()]));
  return faults;
}

/** Judges all purchases of limited items. Returns the faults by purchase id. */
export async function judgeAllPurchases(store: Store): Promise<Faults> {
  const faults: Faults = new Map();
  for await (const differences of purchaseDifferences(store)) {
    addPurchaseFaults(faults, differences);
  }
  return faults;
}

function addPurchaseFaults(faults: Faults, differences: readonly PurchaseDifference[]): void {
  const byBuyer = Map.groupBy(differences, ({ itemId, buyerKey }) =>
    toPurchaseId(itemId, buyerKey),
  );
  for (const [id, group] of byBuyer) faults.set(id, [...new Set(group.map(({ kind }) => kind))]);
}

/**
 * Finds the faults of a checkout and its orders, which the verdict counts as lost, duplicated or
 * drift.
 */
function findFaults(
  id: string,
  checkout: JudgedCheckout | undefined,
  orders: readonly JudgedOrder[],
): Faults {
  const matching = new Matching();
  if (checkout !== undefined) matching.begin(checkout);
  for (const order of orders) matching.addOrder(order);
  matching.end();
  const faults: Faults = new Map(orders.map(({ _id }) => [_id, []]));
  for (const suspect of matching.suspects) faults.set(suspect.orderId, listKinds(suspect));
  faults.set(id, matching.tally.faults.get(id) ?? []);
  return faults;
}

/** Returns the kinds of an order's contradictions, with the names of fields that differ. */
export function listKinds({ differences }: SuspectOrder): string[] {
  return differences.map((difference) =>
    difference.kind === 'order_field' ? `${difference.kind}: ${difference.field}` : difference.kind,
  );
}

/**
 * Reads checkouts, and those of their orders that are not in the batch; also orders of deleted
 * checkouts.
 */
async function readWithOrders(store: Store, ids: readonly string[], subjects: EventsBySubject) {
  return atSnapshot(store, async (session) => {
    const checkouts = new Map<string, ReadCheckout>();
    const projection = { ...CHECKOUT_FIELDS, ...SERVED_FIELDS };
    const cursor = store.checkouts.find<ReadCheckout>(
      { _id: { $in: [...ids] } },
      { session, projection },
    );
    for await (const checkout of cursor) checkouts.set(checkout._id, checkout);
    const orderIds = new Set<string>();
    for (const { _id, lines } of checkouts.values()) {
      for (const { shopId } of lines) {
        const orderId = toOrderId(_id, shopId);
        if (!subjects.orders.has(orderId)) orderIds.add(orderId);
      }
    }
    const ofDeleted = ids
      .filter((id) => !checkouts.has(id))
      .map((checkoutId) => ({ _id: orderIdRange(checkoutId), checkoutId }));
    const conditions = [
      ...(orderIds.size > 0 ? [{ _id: { $in: [...orderIds] } }] : []),
      ...ofDeleted,
    ];
    if (conditions.length === 0) return { checkouts, orders: new Map<string, JudgedOrder[]>() };
    const stored = await store.orders
      .find<JudgedOrder>({ $or: conditions }, { session, projection: ORDER_FIELDS })
      .toArray();
    const orders = Map.groupBy(
      stored.filter(({ _id }) => !subjects.orders.has(_id)),
      ({ checkoutId }) => checkoutId,
    );
    return { checkouts, orders };
  });
}
