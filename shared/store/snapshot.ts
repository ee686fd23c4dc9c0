import { pause } from '../runtime/deadline.ts';
import { isPassingFault } from './faults.ts';
import type { Session, Store } from './store.ts';

/** The server has no such snapshot: it is too old, or collections changed since. */
const SNAPSHOT_CODES = new Set([239, 246]);
const TRIES_MAX = 5;
const PAUSE_MS = 200;

/**
 * Reads at one snapshot, outside any transaction: nothing is locked and nobody waits. Every read
 * of `read` must use the session, one after the other. The server keeps a snapshot for five
 * minutes (`minSnapshotHistoryWindowInSeconds`), so reading must end before that. A read that the
 * server cuts short is begun again, a few times, at a new snapshot.
 * @throws the last error when the tries are used up
 */
export async function atSnapshot<T>(
  store: Store,
  read: (session: Session) => Promise<T>,
): Promise<T> {
  for (let tries = 1; ; tries += 1) {
    const session = await store.connection.startSession({ snapshot: true });
    try {
      return await read(session);
    } catch (error) {
      if (tries === TRIES_MAX || !isCurable(error)) throw error;
    } finally {
      await session.endSession().catch(() => undefined);
    }
    await pause(PAUSE_MS);
  }
}

function isCurable(error: unknown): boolean {
  if (isPassingFault(error)) return true;
  return error instanceof Error && 'code' in error && SNAPSHOT_CODES.has(Number(error.code));
}
