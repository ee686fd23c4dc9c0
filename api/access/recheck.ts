/** A caller whose request lasts has its proof checked again this often. */
const RECHECK_MS = 1_000;

/**
 * Returns a function that may be called as often as one likes: once a second it checks whether what
 * a caller proved itself with is still good, the first time a second from now.
 */
export function recheck(checkStillGood: () => Promise<void>): () => Promise<void> {
  let checkedAt = performance.now();
  return async () => {
    if (performance.now() - checkedAt < RECHECK_MS) return;
    checkedAt = performance.now();
    await checkStillGood();
  };
}
