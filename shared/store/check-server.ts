import type { Store } from './store.ts';

/** A longer lifetime leads to a warning. `startMongodb` sets this one; MongoDB's default is 60. */
const LIFETIME_S_MAX = 3;

/**
 * Returns for how many seconds an abandoned transaction can block a variant, by the server's
 * setting; undefined if the setting cannot be read, e.g. by a user without the right. A long time
 * endangers no data, but a worker that dies in a batch blocks the variants of that batch for as
 * long.
 */
export async function readTransactionLifetimeS(store: Store): Promise<number | undefined> {
  try {
    const answer = await store.connection.db?.admin().command({
      getParameter: 1,
      transactionLifetimeLimitSeconds: 1,
    });
    return Number(answer?.['transactionLifetimeLimitSeconds']);
  } catch {
    return undefined;
  }
}

/** Returns a warning for the operator if the server's transaction lifetime is too long. */
export async function findServerWarning(store: Store): Promise<string | undefined> {
  const boundS = await readTransactionLifetimeS(store);
  if (boundS === undefined || boundS <= LIFETIME_S_MAX) return undefined;
  return (
    `MongoDB's transactionLifetimeLimitSeconds is ${boundS}: a worker that dies in a batch can ` +
    `block the variants of that batch for about ${boundS} s; set it to ${LIFETIME_S_MAX}`
  );
}

/**
 * Checks that this user may write, with a write that changes nothing. Otherwise the first checkout
 * would reveal a read-only user.
 * @throws MongoServerError with code 13 if it may not write
 */
export async function checkMayWrite(store: Store): Promise<void> {
  await store.checkouts.deleteOne({ _id: '' });
}
