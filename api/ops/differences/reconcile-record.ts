import { getSubjectId, type Reconciliation } from '../../../shared/ledger/judging/reconcile.ts';
import { type AuditedCaller, recordAudit } from '../../audit/record-audit.ts';
import type { OpsContext } from '../context.ts';
import { presentDifferences, SHOWN_MAX } from './present-differences.ts';

/**
 * Repairs the contradictions of the record that can be computed, as `npm run reconcile -- --fix`
 * does. The entry in the audit log names the operator; each repair has a movement or an entry of its
 * own.
 */
export async function reconcileRecord(caller: AuditedCaller<OpsContext>) {
  let found: Reconciliation;
  try {
    found = await caller.context.ops.reconcile();
  } catch (error) {
    // Some repairs may have been made.
    await recordAudit(caller, 'ops.reconciled', { outcome: 'refused' });
    throw error;
  }
  const { differences, repaired, unrepairable, left } = found;
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
      .map((each) => ({ id: getSubjectId(each), reason: each.reason })),
    items: presentDifferences(left).items,
  };
}
