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
 * Places the next entries of a draw. If that fails with an error that another try cannot cure, tries
 * with ever fewer entries, down to the one that is at fault, which is parked and passed over.
 * @param park returns false if the entry must not be parked
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
