import { getSubjectId, type Reconciliation } from '../../../shared/ledger/judging/reconcile.ts';
import { type AuditedCaller, recordAudit } from '../../audit/record-audit.ts';
import type { OpsContext } from '../context.ts';
import { presentDifferences, SHOWN_MAX } from './present-differences.ts';

/**
 * Repairs up to `REPAIRS_MAX` contradictions of the record for which the right value can be
 * computed, like `npm run reconcile -- --fix`. One audit entry names the operator; each repair has
 * a movement or an audit entry of its own.
 */
export async function reconcileRecord(caller: AuditedCaller<OpsContext>) {
  let result: Reconciliation;
  try {
    result = await caller.context.ops.reconcile();
  } catch (error) {
    // Some repairs may have been made.
    await recordAudit(caller, 'ops.reconciled', { outcome: 'refused' });
    throw error;
  }
  const { differences, repaired, unrepairable, left } = result;
  const counts = {
    differences: differences.length,
    repaired: repaired.length,
    left: left.length,
  };
  await recordAudit(caller, 'ops.reconciled', { detail: counts });
  return {
    ...counts,
    repairedIds: [...new Set(repaired.map(getSubjectId))].slice(0, SHOWN_MAX),
    unrepairable: unrepairable
      .slice(0, SHOWN_MAX)
      .map((difference) => ({ id: getSubjectId(difference), reason: difference.reason })),
    items: presentDifferences(left).items,
  };
}
