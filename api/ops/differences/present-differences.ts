import { describeDifference } from '../../../shared/ledger/judging/describe-difference.ts';
import { getSubjectId, type RecordDifference } from '../../../shared/ledger/judging/reconcile.ts';

/** The largest number of differences in an answer. */
export const DIFFERENCES_SHOWN_MAX = 100;

/** Presents differences to operators: their number, and the first of them in words. */
export function presentDifferences(found: readonly RecordDifference[]) {
  const items = found.slice(0, DIFFERENCES_SHOWN_MAX).map((difference) => ({
    id: getSubjectId(difference),
    kind: difference.kind,
    description: describeDifference(difference),
  }));
  return { count: found.length, items };
}
