import type { Store } from './store.ts';

/** What we set where the server is ours; MongoDB's default is 60. */
const LIFETIME_S_WANTED = 3;

/**
 * How long a transaction that nobody ends can hold a variant, in seconds, by the server's setting;
 * undefined when the server does not tell. Long lifetimes are no danger to the record, but a worker
 * that dies in mid-batch then blocks the variants of that batch for as long.
 */
export async function abandonedTransactionBoundS(store: Store): Promise<number | undefined> {
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

/** What an operator should know about the server's setting; undefined when all is well. */
export async function adviseOnServer(store: Store): Promise<string | undefined> {
  const boundS = await abandonedTransactionBoundS(store);
  if (boundS === undefined) return undefined;
  if (boundS <= LIFETIME_S_WANTED) return undefined;
  return (
    `MongoDB's transactionLifetimeLimitSeconds is ${boundS}: a worker that dies in mid-batch can ` +
    `block the variants of that batch for about ${boundS} s; set it to ${LIFETIME_S_WANTED}`
  );
}

/**
 * Checks that this user may write, by a write that changes nothing: without it a user that may only
 * read would be found out by the first checkout.
 * @throws MongoServerError with code 13 when it may not
 */
export async function checkMayWrite(store: Store): Promise<void> {
  await store.checkouts.deleteOne({ _id: '' });
}
