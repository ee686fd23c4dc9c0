import { newId } from '../runtime/ids.ts';
import type { Session, Store } from '../store/store.ts';

/** Ids in one request. */
const REQUEST_IDS_MAX = 5_000;
const INDEXED = /^(?:chk|ord)_/;

interface IndexingRequest {
  /** Ids of anything but checkouts and orders are ignored. */
  readonly subjectIds: Iterable<string>;
  /** When the oldest of the changes was made. */
  readonly at: Date;
  /**
   * Without a session the request is only as durable as the next write of this process, which must
   * follow it.
   */
  readonly session?: Session;
}

/**
 * Stores a request to index orders and checkouts. The fan-out requests this for changes that have an
 * event. A change without an event, such as the erasure of a buyer or an entry of a draw, requests it
 * in its own transaction.
 */
export async function requestIndexing(
  store: Store,
  { subjectIds, at, session }: IndexingRequest,
): Promise<void> {
  const ids = [...new Set(subjectIds)].filter((id) => INDEXED.test(id));
  const options = session === undefined ? { writeConcern: { w: 1, j: false } } : { session };
  for (let from = 0; from < ids.length; from += REQUEST_IDS_MAX) {
    const request = {
      _id: newId('srq'),
      at,
      subjectIds: ids.slice(from, from + REQUEST_IDS_MAX),
    };
    await store.searchRequests.insertOne(request, options);
  }
}
