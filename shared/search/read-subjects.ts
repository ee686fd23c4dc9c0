import { isCheckoutId, toOrderId } from '../runtime/ids.ts';
import type { Store } from '../store/store.ts';
import {
  CHECKOUT_FIELDS,
  type IndexedCheckout,
  type IndexedOrder,
  ORDER_FIELDS,
  type SearchEntry,
  toCheckoutEntry,
  toOrderEntry,
} from './search-entries.ts';

/**
 * The number of subjects in one batch of a cursor. Building their entries takes CPU time, and other
 * work of the process runs between two batches.
 */
const BATCH_MAX = 500;

/** A checkout or an order as it is now, and its search entry. */
export interface Subject<ExtraFields> {
  readonly entry: SearchEntry;
  readonly record: (IndexedCheckout | IndexedOrder) & ExtraFields;
}

interface ReadSubjects<ExtraFields> {
  readonly subjects: readonly Subject<ExtraFields>[];
  /** The ids of subjects that no longer exist. */
  readonly missing: readonly string[];
}

/**
 * Reads checkouts and orders, and the orders of placed checkouts with them.
 * @param fields the projection of the fields that the caller needs in addition to the indexed
 *   fields
 * @param maxTimeMS the time limit of each of the two queries; none by default
 */
export async function readSubjects<ExtraFields extends object>(
  { checkouts, orders }: Store,
  subjectIds: readonly string[],
  fields: Readonly<Record<string, 1>>,
  maxTimeMS?: number,
): Promise<ReadSubjects<ExtraFields>> {
  const options = { batchSize: BATCH_MAX, ...(maxTimeMS !== undefined && { maxTimeMS }) };
  const subjects = new Map<string, Subject<ExtraFields>>();
  const checkoutIds = new Set(subjectIds.filter(isCheckoutId));
  const orderIds = new Set(subjectIds.filter((id) => !isCheckoutId(id)));
  if (checkoutIds.size > 0) {
    const projection = { ...fields, ...CHECKOUT_FIELDS };
    const filter = { _id: { $in: [...checkoutIds] } };
    const cursor = checkouts.find<IndexedCheckout & ExtraFields>(filter, {
      ...options,
      projection,
    });
    for await (const record of cursor) {
      subjects.set(record._id, { entry: toCheckoutEntry(record), record });
      if (record.status !== 'placed') continue;
      for (const { shopId } of record.lines) orderIds.add(toOrderId(record._id, shopId));
    }
  }
  if (orderIds.size > 0) {
    const projection = { ...fields, ...ORDER_FIELDS };
    const filter = { _id: { $in: [...orderIds] } };
    const cursor = orders.find<IndexedOrder & ExtraFields>(filter, { ...options, projection });
    for await (const record of cursor) {
      subjects.set(record._id, { entry: toOrderEntry(record), record });
    }
  }
  return {
    subjects: [...subjects.values()],
    missing: [...checkoutIds, ...orderIds].filter((id) => !subjects.has(id)),
  };
}
