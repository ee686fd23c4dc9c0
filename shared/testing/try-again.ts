import { retry } from '../runtime/retry.ts';
import { isRetryable } from '../store/transaction.ts';

const AS_A_JOB = { isRetryable, triesMax: 20, pauseMsMin: 10, pauseMsMax: 500 };

/**
 * Repeats an operation of the ledger that failed after too many conflicts, as its job or caller
 * would.
 */
export function tryAgain<T>(work: () => Promise<T>): Promise<T> {
  return retry(work, AS_A_JOB);
}
