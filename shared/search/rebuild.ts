import { newId } from '../runtime/ids.ts';
import type { SearchRecord } from '../store/collections/search.ts';
import type { Store } from '../store/store.ts';
import type { ReadCollection } from '../store/typed-collection.ts';
import { indexSubjects, writeEntries } from './index-subjects.ts';
import {
  CHECKOUT_FIELDS,
  type IndexedCheckout,
  type IndexedOrder,
  ORDER_FIELDS,
  type SearchEntry,
  toCheckoutEntry,
  toOrderEntry,
} from './search-entries.ts';

/** The number of subjects that are read and written together. */
const PAGE_MAX = 1_000;
/** The maximum number of pages that are written at the same time. */
const WRITES_MAX = 4;

/** The numbers of checkouts and orders that were read and indexed. */
export interface Rebuilt {
  readonly checkouts: number;
  readonly orders: number;
}

type EntryAge = Pick<SearchRecord, '_id' | 'requestId'>;

/**
 * Indexes every checkout and order again. The index stays in use, and workers may index meanwhile:
 * an older state never replaces a newer state. Entries of subjects that no longer exist are
 * removed.
 */
export async function rebuildSearch(store: Store): Promise<Rebuilt> {
  const firstRequestId = newId('srq');
  const index = (entries: readonly SearchEntry[], requestId: string) =>
    writeEntries(store, entries, requestId);
  const checkouts = await indexPages<IndexedCheckout>(
    (after) => readPage(store.checkouts, after, CHECKOUT_FIELDS),
    (page, requestId) => index(page.map(toCheckoutEntry), requestId),
  );
  const orders = await indexPages<IndexedOrder>(
    (after) => readPage(store.orders, after, ORDER_FIELDS),
    (page, requestId) => index(page.map(toOrderEntry), requestId),
  );
  await indexLeftovers(store, firstRequestId);
  return { checkouts, orders };
}

/**
 * Indexes each subject whose entry is still from before the rebuild, or removes the entry if the
 * subject no longer exists. Reads all entries page by page, because a query for the few old entries
 * among millions would exceed any timeout.
 */
async function indexLeftovers(store: Store, firstRequestId: string): Promise<void> {
  await indexPages<EntryAge>(
    (after) => readPage(store.search, after, { requestId: 1 }),
    async (page) => {
      const old = page.filter(({ requestId }) => requestId < firstRequestId);
      if (old.length === 0) return;
      const ids = old.map(({ _id }) => _id);
      await indexSubjects(store, ids, newId('srq'));
    },
  );
}

/**
 * Reads a collection page by page, and indexes up to `WRITES_MAX` pages at a time. Returns the
 * count.
 */
async function indexPages<Subject extends { readonly _id: string }>(
  read: (after: string | undefined) => Promise<Subject[]>,
  index: (page: readonly Subject[], requestId: string) => Promise<void>,
): Promise<number> {
  let count = 0;
  let after: string | undefined;
  do {
    const writes: (() => Promise<void>)[] = [];
    while (writes.length < WRITES_MAX) {
      // The id is older than the read, so an index request for a later change has a later id.
      const requestId = newId('srq');
      const page = await read(after);
      after = page.at(-1)?._id;
      if (after === undefined) break;
      writes.push(() => index(page, requestId));
      count += page.length;
    }
    await Promise.all(writes.map((write) => write()));
  } while (after !== undefined);
  return count;
}

function readPage<Subject extends { readonly _id: string }>(
  collection: ReadCollection<{ readonly _id: string }>,
  after: string | undefined,
  projection: Readonly<Record<string, number>>,
): Promise<Subject[]> {
  const filter = after === undefined ? {} : { _id: { $gt: after } };
  return collection
    .find<Subject>(filter, { projection, sort: { _id: 1 }, limit: PAGE_MAX })
    .toArray();
}
