import type { Settled } from '../runtime/group-commit.ts';
import { isPassingFault } from '../store/faults.ts';
import { StaleReadError } from '../store/transaction.ts';

/** Whether trying again later can succeed; if not, the work itself is to blame. */
export function isCurable(error: unknown): boolean {
  return error instanceof StaleReadError || isPassingFault(error);
}

/**
 * Commits a batch; when it fails for a reason that trying again cannot cure, commits its halves
 * apart, down to the one item that is to blame, so that no item fails for its neighbour's sake.
 * A passing fault fails the whole batch, since a smaller one would meet it too.
 */
export async function splitOnError<Item, Result>(
  items: readonly Item[],
  commit: (items: readonly Item[]) => Promise<readonly Result[]>,
): Promise<Settled<Result>[]> {
  try {
    const results = await commit(items);
    return results.map((value) => ({ value }));
  } catch (error) {
    if (isCurable(error) || items.length <= 1) return items.map(() => ({ error }));
    const middle = Math.ceil(items.length / 2);
    const first = await splitOnError(items.slice(0, middle), commit);
    const second = await splitOnError(items.slice(middle), commit);
    return [...first, ...second];
  }
}
