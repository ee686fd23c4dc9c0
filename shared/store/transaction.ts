import { type RetryOptions, retry } from '../runtime/retry.ts';
import { isCommitUnknown, isTransientError } from './faults.ts';
import type { Session, Store } from './store.ts';

/** After this long, a failed attempt is not repeated; the caller may try again later. */
export const TRANSACTION_TIMEOUT_MS = 8_000;
const COMMIT_TRIES_MAX = 5;
const BACKOFF_FIRST_MS = 4;
const BACKOFF_MS_MAX = 250;
const COMMIT_RETRY: RetryOptions = {
  isRetryable: isCommitUnknown,
  triesMax: COMMIT_TRIES_MAX,
  pauseMsMin: 2 * BACKOFF_FIRST_MS,
  pauseMsMax: BACKOFF_MS_MAX,
};

/** Thrown inside a transaction if what it read has changed since. The transaction runs again. */
export class StaleReadError extends Error {
  constructor(what: string) {
    super(`${what} changed after it was read`);
    this.name = 'StaleReadError';
  }
}

/** Returns whether a retry can succeed. If not, the work itself is the cause. */
export function isRetryable(error: unknown): boolean {
  return error instanceof StaleReadError || isTransientError(error);
}

/**
 * Runs `work` in a transaction at one snapshot until it commits. Conflicts, elections and network
 * errors run it again. (The driver's own helper would retry for up to two minutes, too long for a
 * checkout.) `work` must be repeatable even after a commit whose answer was lost: it has to
 * recognize its own effects.
 * @throws the error of the first attempt that fails after `timeoutMs`, or the first error that a
 *   retry cannot fix
 */
export async function inTransaction<T>(
  store: Store,
  work: (session: Session) => Promise<T>,
  timeoutMs: number = TRANSACTION_TIMEOUT_MS,
): Promise<T> {
  const bounds = { timeoutMs, pauseMsMin: BACKOFF_FIRST_MS, pauseMsMax: BACKOFF_MS_MAX };
  return retry(() => tryOnce(store, work), { ...bounds, isRetryable });
}

async function tryOnce<T>(store: Store, work: (session: Session) => Promise<T>): Promise<T> {
  const session = await store.connection.startSession();
  try {
    session.startTransaction({
      readConcern: { level: 'snapshot' },
      writeConcern: { w: 'majority', j: true },
      readPreference: 'primary',
    });
    const result = await work(session);
    await retry(() => session.commitTransaction(), COMMIT_RETRY);
    return result;
  } catch (error) {
    if (session.inTransaction()) await session.abortTransaction().catch(() => undefined);
    throw error;
  } finally {
    await session.endSession().catch(() => undefined);
  }
}
