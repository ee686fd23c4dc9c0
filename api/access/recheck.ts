/** The credentials of a long request are checked again at most this often. */
export const RECHECK_MS = 1_000;

/**
 * Returns a function that a long request calls often. It calls `checkStillValid` at most once a
 * second, and not in the first second.
 */
export function createRecheck(checkStillValid: () => Promise<void>): () => Promise<void> {
  let checkedAt = performance.now();
  return async () => {
    if (performance.now() - checkedAt < RECHECK_MS) return;
    checkedAt = performance.now();
    await checkStillValid();
  };
}

/**
 * Passes items on, and stops when the caller's credentials become invalid.
 * @throws RefusedError from `checkStillAuthorized`
 */
export async function* whileAuthorized<Item>(
  checkStillAuthorized: () => Promise<void>,
  items: AsyncIterable<Item>,
): AsyncGenerator<Item> {
  const checkAgain = createRecheck(checkStillAuthorized);
  for await (const item of items) {
    await checkAgain();
    yield item;
  }
}
