import { type RetryOptions, retry } from '../runtime/retry.ts';
import type { ClusterTime } from './change-feed.ts';
import { isTransientError } from './faults.ts';
import type { Session, Store } from './store.ts';

/** The server no longer has the snapshot: it is too old, or collections have changed since. */
const SNAPSHOT_CODES = new Set([239, 246]);
const TRIES_MAX = 5;
const PAUSE_MS = 200;
const RETRY: RetryOptions = {
  isRetryable,
  triesMax: TRIES_MAX,
  pauseMsMin: PAUSE_MS,
  pauseMsMax: PAUSE_MS,
};

/**
 * Reads at one snapshot without a transaction, so it blocks no writes. All reads of `read` must use
 * the session, one after the other. The server keeps a snapshot for five minutes
 * (`minSnapshotHistoryWindowInSeconds`), so reading must end before that. If the server interrupts
 * a read, `read` runs again at a new snapshot, a few times.
 * @throws the last error if all attempts fail
 */
export async function atSnapshot<T>(
  store: Store,
  read: (session: Session) => Promise<T>,
): Promise<T> {
  const readOnce = async () => {
    const session = await store.connection.startSession({ snapshot: true });
    try {
      return await read(session);
    } finally {
      await session.endSession().catch(() => undefined);
    }
  };
  return retry(readOnce, RETRY);
}

/**
 * Returns the time of the snapshot at which a session reads.
 * @throws Error if it has read nothing yet
 */
export function snapshotTime(session: Session): ClusterTime {
  // The driver sets this property, but its types do not declare it.
  const { snapshotTime: time } = session as Session & { readonly snapshotTime?: ClusterTime };
  if (time === undefined) throw new Error('the session has read nothing yet');
  return time;
}

function isRetryable(error: unknown): boolean {
  if (isTransientError(error)) return true;
  return error instanceof Error && 'code' in error && SNAPSHOT_CODES.has(Number(error.code));
}
