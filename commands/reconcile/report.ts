import type { Verdict } from '../../shared/domain/judging/verdict.ts';
import { describeDifference } from '../../shared/ledger/judging/describe-difference.ts';
import type { Reconciliation } from '../../shared/ledger/judging/reconcile.ts';
import { getSubjectId, type RecordDifference } from '../../shared/ledger/judging/reconcile.ts';

/**
 * Returns one line per difference, their count, one line per repair or failed repair, the count of
 * the differences that are left after repairs, and the verdict as JSON on the last line.
 */
export function toReport(reconciliation: Reconciliation, verdict: Verdict): string {
  const { differences, repaired, unrepairable, left } = reconciliation;
  const lines = [
    ...differences.map(toSentence),
    differences.length === 0 ? 'no differences' : `${count(differences.length, 'difference')}`,
    ...repaired.map((repair) => `${getSubjectId(repair)}: repaired, ${describeRepair(repair)}`),
    ...unrepairable.map((problem) => `${getSubjectId(problem)}: not repaired: ${problem.reason}`),
    ...(repaired.length === 0 ? [] : [`${count(left.length, 'difference')} left`]),
    JSON.stringify(verdict),
  ];
  return lines.join('\n');
}

function toSentence(difference: RecordDifference): string {
  return `${getSubjectId(difference)}: ${describeDifference(difference)}`;
}

function describeRepair(repaired: Reconciliation['repaired'][number]): string {
  if ('version' in repaired) return `now at version ${repaired.version}`;
  return `corrected ${repaired.fields.join(', ')}`;
}

function count(things: number, name: string): string {
  return `${things} ${name}${things === 1 ? '' : 's'}`;
}
