import { newId } from '../runtime/ids.ts';
import type { Session, Store } from '../store/store.ts';

/** The maximum number of ids in one request. */
const REQUEST_IDS_MAX = 5_000;
const INDEXED = /^(?:chk|ord)_/;

interface IndexingRequest {
  /** Ids of checkouts and orders; any other ids are ignored. */
  readonly subjectIds: Iterable<string>;
  /** When the oldest of the changes was made. */
  readonly at: Date;
  /**
   * Without a session the request is stored before it is durable. The caller must then make a
   * durable write, which makes the request durable too.
   */
  readonly session?: Session;
}

/**
 * Stores a request to index orders and checkouts, or several requests if there are many. The
 * fan-out of events requests this for changes that have an event. The code of a change without an
 * event, such as the erasure of a buyer or an entry of a draw, requests it in the transaction of
 * the change.
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
