import { NOT_FANNED_OUT } from '../store/collections/outbox.ts';
import type { Store } from '../store/store.ts';

const READ_TIMEOUT_MS = 500;

/**
 * Returns how many milliseconds the search index is behind: the age of the oldest change that is
 * not indexed yet; 0 if there is none.
 */
export async function readSearchLag(store: Store, now: Date): Promise<number> {
  const options = { projection: { at: 1 }, maxTimeMS: READ_TIMEOUT_MS };
  const [entry, request] = await Promise.all([
    store.outbox.findOne(NOT_FANNED_OUT, { ...options, sort: { at: 1 } }),
    store.searchRequests.findOne({}, { ...options, sort: { _id: 1 } }),
  ]);
  const times = [entry, request].flatMap((record) => record?.at.getTime() ?? []);
  return Math.max(0, now.getTime() - Math.min(now.getTime(), ...times));
}
