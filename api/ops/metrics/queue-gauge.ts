import { withDeadline } from '../../../shared/runtime/deadline.ts';
import type { OpsContext } from '../context.ts';

const PROBE_TIMEOUT_MS = 500;
const JOB_STATES = ['waiting', 'active', 'delayed', 'failed'] as const;

/** Sets the gauges of jobs by state; removes their values if Redis does not answer in time. */
export async function updateQueueGauges(
  { queueJobs, partitionJobs }: Pick<OpsContext['ops']['metrics'], 'queueJobs' | 'partitionJobs'>,
  queue: OpsContext['queue'],
): Promise<void> {
  try {
    const counting = Promise.all(queue.bulls.map((bull) => bull.getJobCounts(...JOB_STATES)));
    const counts = await withDeadline('counting jobs', PROBE_TIMEOUT_MS, counting);
    for (const state of JOB_STATES) {
      const jobs = counts.map((partition) => partition[state] ?? 0);
      queueJobs.set(
        { state },
        jobs.reduce((sum, count) => sum + count),
      );
      for (const [partition, count] of jobs.entries())
        partitionJobs.set({ partition, state }, count);
    }
  } catch {
    // Old counts would look like current ones.
    queueJobs.reset();
    partitionJobs.reset();
  }
}
