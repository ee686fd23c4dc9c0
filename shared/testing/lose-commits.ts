import mongoose from 'mongoose';
import { vi } from 'vitest';
import type { Store } from '../store/store.ts';

/**
 * Makes the next `times` commits succeed on the server but fail for their callers.
 * `vi.restoreAllMocks()` ends this.
 */
export function loseCommits(store: Store, times: number): { left: () => number } {
  let left = times;
  const start = store.connection.startSession.bind(store.connection);
  vi.spyOn(store.connection, 'startSession').mockImplementation(async (...args) => {
    const session = await start(...args);
    const commit = session.commitTransaction.bind(session);
    session.commitTransaction = async () => {
      await commit();
      if (left === 0) return;
      left -= 1;
      const errorLabels = ['UnknownTransactionCommitResult'];
      throw new mongoose.mongo.MongoServerError({ message: 'the response was lost', errorLabels });
    };
    return session;
  });
  return { left: () => left };
}
