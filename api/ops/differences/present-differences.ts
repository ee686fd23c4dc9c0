import { describeDifference } from '../../../shared/ledger/judging/describe-difference.ts';
import { getSubjectId, type RecordDifference } from '../../../shared/ledger/judging/reconcile.ts';

/** The largest number of differences or repairs that a response lists. */
export const SHOWN_MAX = 100;

/** Presents differences to operators: their number, and the first of them in words. */
export function presentDifferences(differences: readonly RecordDifference[]) {
  const items = differences.slice(0, SHOWN_MAX).map((difference) => ({
    id: getSubjectId(difference),
    kind: difference.kind,
    description: describeDifference(difference),
  }));
  return { count: differences.length, items };
}
