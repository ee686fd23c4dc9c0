import { describeDifference } from '../../shared/ledger/judging/describe-difference.ts';
import { findDifferences } from '../../shared/ledger/judging/reconcile.ts';
import { startPeriodic } from '../../shared/runtime/periodic.ts';
import type { Store } from '../../shared/store/store.ts';

/** The results of comparing the record with itself repeatedly. */
export interface RecordLog {
  /** Completed comparisons. A fault of the database can cut a comparison short. */
  compared: number;
  readonly differences: string[];
}

const COMPARE_EVERY_MS = 5_000;
const DIFFERENCES_MAX = 100;

/** Compares stock, orders and movements every 5 s until `stop`, and once more by `finish`. */
export function watchRecord(store: Store) {
  const log: RecordLog = { compared: 0, differences: [] };
  const compare = async () => {
    const differences = await findDifferences({ store });
    log.compared += 1;
    const room = Math.max(0, DIFFERENCES_MAX - log.differences.length);
    log.differences.push(...differences.slice(0, room).map(describeDifference));
  };
  const rounds = startPeriodic({
    everyMs: COMPARE_EVERY_MS,
    run: compare,
    // A member that steps down or dies ends a comparison; the next comparison covers everything.
    onError: () => undefined,
  });
  return {
    stop: () => rounds.stop(),
    finish: async (): Promise<RecordLog> => {
      await compare();
      return log;
    },
  };
}
