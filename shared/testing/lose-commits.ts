import mongoose from 'mongoose';
import { vi } from 'vitest';
import type { Store } from '../store/store.ts';

/**
 * From now on `times` commits take effect, but their callers do not hear of it. Ends with
 * `vi.restoreAllMocks()`.
 */
export function loseCommits(store: Store, times: number): { left: () => number } {
  let left = times;
  const start = store.connection.startSession.bind(store.connection);
  vi.spyOn(store.connection, 'startSession').mockImplementation(async (...given) => {
    const session = await start(...given);
    const commit = session.commitTransaction.bind(session);
    session.commitTransaction = async () => {
      await commit();
      if (left === 0) return;
      left -= 1;
      const errorLabels = ['UnknownTransactionCommitResult'];
      throw new mongoose.mongo.MongoServerError({ message: 'the answer got lost', errorLabels });
    };
    return session;
  });
  return { left: () => left };
}
