import { beforeAll, expect, test } from 'vitest';
import { newId, toOrderId } from '../../../shared/runtime/ids.ts';
import { writeEntries } from '../../../shared/search/index-subjects.ts';
import { toCheckoutEntry, toOrderEntry } from '../../../shared/search/search-entries.ts';
import type { CheckoutRecord } from '../../../shared/store/collections/checkouts.ts';
import { testNamespace } from '../../../shared/testing/harness.ts';
import { rawCollection } from '../../../shared/testing/raw-collection.ts';
import { openTestStore } from '../../../shared/testing/test-store.ts';
import { type RecordFilters, toEntrySearch } from './entry-filters.ts';

const REFUSALS = 2_000;
/**
 * A search may examine a key of each of 25 outcomes, and a few keys of each entry that it finds.
 */
const KEYS_MAX = 100;
const START = Date.now();
const store = await openTestStore(testNamespace());

/** Returns the search entry of a checkout of the sale. */
function toEntry(index: number, fields: Partial<CheckoutRecord>) {
  const at = new Date(START + index);
  const line = { variantId: 'var_1', productId: 'prd_1', shopId: 'shp_1', title: 'Hot' };
  const lines = [{ ...line, sku: 'HOT-SKU', quantity: 1, unitPrice: 1 }];
  const checkout = { _id: newId('chk'), storefrontId: 'shp_1', madeBy: 'key_1', lines };
  const times = { receivedAt: at, acceptedAt: at, settledAt: at };
  return toCheckoutEntry({
    ...checkout,
    ...times,
    ...{ buyerId: `b${index}`, requestHash: 'hash' },
    status: 'placed',
    ...fields,
  });
}

beforeAll(async () => {
  const placed = toEntry(0, { buyerId: 'ada' });
  const order = toOrderEntry({
    ...{ _id: toOrderId(placed._id, 'shp_1'), checkoutId: placed._id, shopId: 'shp_1' },
    ...{ storefrontId: 'shp_1', buyerId: 'ada', status: 'pending', seq: 1, history: [] },
    ...{ lines: [], placedAt: placed.at },
  });
  const refusals = Array.from({ length: REFUSALS }, (_, index) => {
    const code = index === 0 ? 'price_changed' : 'out_of_stock';
    return toEntry(index + 1, { status: 'rejected', rejection: { code } });
  });
  await writeEntries(store, [placed, order, ...refusals], newId('srq'));
});

/** Searches as `findEntries` does. Returns the statuses found and the number of keys read. */
async function runSearch(filters: RecordFilters) {
  const search = toEntrySearch(filters);
  if (search === undefined) return { found: [], keys: 0 };
  const options = { limit: 26, sort: { at: -1, _id: -1 } } as const;
  const filter = { $and: [...search.filters] };
  const found = await store.search.find(filter, { ...options, hint: search.index }).toArray();
  const explained = await rawCollection(store, 'search')
    .find(filter)
    .hint(search.index)
    .sort(options.sort)
    .limit(options.limit)
    .explain('executionStats');
  return {
    found: found.map(({ kind, status }) => `${kind} ${status}`),
    keys: Number(explained['executionStats'].totalKeysExamined),
  };
}

test.each<[RecordFilters, string[]]>([
  [{ q: 'hot-sku', status: 'placed' }, ['checkout placed']],
  [{ q: 'hot-sku', kind: 'order' }, []],
  [{ q: 'hot-sku', reason: 'price_changed' }, ['checkout rejected']],
  [{ q: 'hot-sku', status: 'failed' }, []],
  [{ q: 'ada', status: 'placed' }, ['checkout placed']],
  [{ q: 'b1', reason: 'price_changed' }, ['checkout rejected']],
  [{ q: 'b2', reason: 'price_changed' }, []],
  [{ kind: 'order' }, ['order pending']],
  [{ kind: 'order', status: 'placed' }, []],
  [{ reason: 'price_changed', status: 'rejected' }, ['checkout rejected']],
  [{ reason: 'out_of_stock', status: 'placed' }, []],
])('the search %j does not read through the refusals of a sale', async (filters, expected) => {
  const { found, keys } = await runSearch(filters);
  expect(found).toEqual(expected);
  expect(keys).toBeLessThan(KEYS_MAX);
});

test('a search by SKU alone finds the newest entries of any outcome', async () => {
  const { found, keys } = await runSearch({ q: 'hot-sku' });
  expect(found).toEqual(Array.from({ length: 26 }, () => 'checkout rejected'));
  expect(keys).toBeLessThan(KEYS_MAX);
});

test('a search by the prefix of a common value can be filtered by status', async () => {
  const { found } = await runSearch({ q: 'hot-s*', status: 'placed' });
  expect(found).toEqual(['checkout placed']);
});
