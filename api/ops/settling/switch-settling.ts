import { RefusedError } from '../../../shared/domain/errors.ts';
import { withDeadline } from '../../../shared/runtime/deadline.ts';
import { type AuditedCaller, recordAudit } from '../../audit/record-audit.ts';
import { WRITE_TIMEOUT_MS } from '../../http/bounds.ts';
import type { OpsContext } from '../context.ts';

/**
 * Pauses or resumes the queues of all partitions. Workers finish the jobs that they have taken; all
 * other jobs wait. If Redis fails halfway, repeating the call completes it.
 */
export async function switchSettling(
  caller: AuditedCaller<OpsContext>,
  isPaused: boolean,
): Promise<void> {
  const { bulls } = caller.context.queue;
  const action = isPaused ? 'ops.settling_paused' : 'ops.settling_resumed';
  try {
    const switching = bulls.map((bull) => (isPaused ? bull.pause() : bull.resume()));
    await withDeadline('switching the queues', WRITE_TIMEOUT_MS, Promise.all(switching));
  } catch {
    await recordAudit(caller, action, { outcome: 'refused' });
    throw new RefusedError('service_unavailable', 'Redis did not answer. Repeat the request.');
  }
  await recordAudit(caller, action);
}
