import {
  type DrawWalk,
  EXAMINED_MAX,
  placeWinners,
  type WinnersBatch,
} from '../../shared/ledger/draws/place-winners.ts';
import type { LedgerContext } from '../../shared/ledger/ledger.ts';
import { errorMessage } from '../../shared/runtime/error-message.ts';
import { isRetryable } from '../../shared/store/transaction.ts';

/**
 * Places the next entries of a draw. If that fails with an error that a retry cannot fix, it
 * tries with fewer and fewer entries until it finds the faulty entry. It parks that entry and
 * continues after it.
 * @param park returns false if the entry was not parked
 * @returns undefined if the draw is no longer closed or is already finishing
 * @throws the error if no entry can be parked
 */
export async function placeOrPark(
  ledger: LedgerContext,
  walk: DrawWalk,
  park: (checkoutId: string, reason: string) => Promise<boolean>,
): Promise<WinnersBatch | undefined> {
  for (let entriesMax = EXAMINED_MAX; ; entriesMax = Math.ceil(entriesMax / 2)) {
    try {
      return await placeWinners(ledger, walk, entriesMax);
    } catch (error) {
      if (isRetryable(error)) throw error;
      if (entriesMax > 1) continue;
      if (!(await park(walk.order[walk.from] ?? '', errorMessage(error)))) throw error;
    }
  }
}
