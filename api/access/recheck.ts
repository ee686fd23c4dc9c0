/** Credentials of a long request are checked again this often. */
const RECHECK_MS = 1_000;

/**
 * Returns a function that checks at most once a second whether the caller's credentials are still
 * valid, for the first time after a second.
 */
export function recheck(checkStillValid: () => Promise<void>): () => Promise<void> {
  let checkedAt = performance.now();
  return async () => {
    if (performance.now() - checkedAt < RECHECK_MS) return;
    checkedAt = performance.now();
    await checkStillValid();
  };
}
