import { withDeadline } from '../../../shared/runtime/deadline.ts';
import type { OpsContext } from '../context.ts';

const PROBE_TIMEOUT_MS = 500;
const JOB_STATES = ['waiting', 'active', 'delayed', 'failed'] as const;

/** Sets the gauge of jobs by state; removes its values if Redis does not answer in time. */
export async function updateQueueGauge(
  gauge: OpsContext['ops']['metrics']['queueJobs'],
  queue: OpsContext['queue'],
): Promise<void> {
  try {
    const counting = queue.bull.getJobCounts(...JOB_STATES);
    const counts = await withDeadline('counting jobs', PROBE_TIMEOUT_MS, counting);
    for (const state of JOB_STATES) gauge.set({ state }, counts[state] ?? 0);
  } catch {
    gauge.reset(); // Old counts would look like current ones.
  }
}
