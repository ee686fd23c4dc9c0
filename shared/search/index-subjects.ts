import { isCheckoutId, toOrderId } from '../runtime/ids.ts';
import { replaceOlder } from '../store/replace-older.ts';
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
 * Indexes orders and checkouts as they are now, and the orders of placed checkouts with them. Entries
 * of subjects that no longer exist are removed.
 * @param requestId the request, which must have been made before the subjects are read here
 * @returns the number of entries
 */
export async function indexSubjects(
  store: Store,
  subjectIds: readonly string[],
  requestId: string,
): Promise<number> {
  const checkoutIds = subjectIds.filter(isCheckoutId);
  const checkouts = await store.checkouts
    .find<IndexedCheckout>({ _id: { $in: checkoutIds } }, { projection: CHECKOUT_FIELDS })
    .toArray();
  const placed = checkouts.filter(({ status }) => status === 'placed').flatMap(listOrderIds);
  const orderIds = [...new Set([...subjectIds.filter((id) => id.startsWith('ord_')), ...placed])];
  const orders = await store.orders
    .find<IndexedOrder>({ _id: { $in: orderIds } }, { projection: ORDER_FIELDS })
    .toArray();
  const entries = [...checkouts.map(toCheckoutEntry), ...orders.map(toOrderEntry)];
  await writeEntries(store, entries, requestId);
  const found = new Set(entries.map(({ _id }) => _id));
  const missing = [...checkoutIds, ...orderIds].filter((id) => !found.has(id));
  if (missing.length > 0) await store.search.deleteMany({ _id: { $in: missing } });
  return entries.length;
}

/** Lists the ids of the orders of a placed checkout. */
export function listOrderIds({ _id, lines }: Pick<IndexedCheckout, '_id' | 'lines'>): string[] {
  return [...new Set(lines.map(({ shopId }) => toOrderId(_id, shopId)))];
}

/** Writes entries unless newer ones are there. */
export async function writeEntries(
  { search }: Store,
  entries: readonly SearchEntry[],
  requestId: string,
): Promise<void> {
  const replacements = entries.map((entry) => {
    const { version } = entry;
    const older = {
      $or: [{ version: { $lt: version } }, { version, requestId: { $lte: requestId } }],
    };
    return { document: { ...entry, requestId }, older };
  });
  await replaceOlder(search, replacements);
}
