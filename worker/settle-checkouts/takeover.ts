import type { Worker } from 'bullmq';
import type { CheckoutQueue } from '../../shared/queue/checkout-queue.ts';
import { pause } from '../../shared/runtime/deadline.ts';

/**
 * Another worker takes over a dead worker's jobs after this time plus up to the stalled interval.
 */
export const LOCK_DURATION_MS = 4_000;
export const STALLED_INTERVAL_MS = 2_000;
/** Within this time the jobs of a worker that died are back in the queue. */
const RETURNED_MS_MAX = LOCK_DURATION_MS + 2 * STALLED_INTERVAL_MS;
/** Within this time this worker has taken the jobs that are back in the queue. */
const TAKEN_MS_MAX = 2_000;
const POLL_MS = 100;
const TAKEN_POLL_MS = 10;

interface Takeover {
  readonly queue: CheckoutQueue;
  readonly partition: number;
  readonly worker: Worker;
  /** The ids of the jobs that this worker holds. */
  readonly ownJobs: ReadonlySet<string>;
  /** The ids of jobs that BullMQ has put back in front of the queue and no worker has taken yet. */
  readonly returnedJobs: ReadonlySet<string>;
  /** The number of jobs that this worker holds at most. */
  readonly jobsHeld: number;
  /** Returns false once another worker settles the partition. */
  readonly isActive: () => boolean;
}

/**
 * Waits until this worker has taken the jobs of the worker from which it takes over, or until their
 * time limits have passed. The conditional writes protect the stock even if other workers still
 * settle then.
 * @returns false if another worker settles the partition now, so this worker must not settle
 */
export async function takeOverJobs(takeover: Takeover): Promise<boolean> {
  const { worker, ownJobs, returnedJobs, jobsHeld, isActive } = takeover;
  await othersDone(takeover);
  if (returnedJobs.size === 0 || !isActive()) return isActive();
  // This worker may already hold as many later jobs as it should, and these wait for the older jobs.
  worker.concurrency = jobsHeld + returnedJobs.size;
  if (ownJobs.size >= jobsHeld) {
    // BullMQ applies a higher concurrency when a job ends, or when it resumes.
    await worker.pause(true);
    if (isActive()) await worker.resume();
  }
  const giveUpAt = performance.now() + TAKEN_MS_MAX;
  while (returnedJobs.size > 0 && isActive() && performance.now() < giveUpAt) {
    await pause(TAKEN_POLL_MS);
  }
  worker.concurrency = jobsHeld;
  return isActive();
}

/**
 * Resolves when only this worker's jobs are active, after `RETURNED_MS_MAX`, or when another worker
 * settles the partition.
 */
async function othersDone({ queue, partition, ownJobs, isActive }: Takeover): Promise<void> {
  const startedAt = performance.now();
  for (let polls = 0; isActive() && performance.now() < startedAt + RETURNED_MS_MAX; polls += 1) {
    // Without an answer, jobs of other workers may still be active.
    const active = await queue.activeJobIds(partition).catch(() => undefined);
    const areDone = active?.every((id) => ownJobs.has(id)) ?? false;
    if (areDone && polls === 0) return;
    // BullMQ reads the ids of returned jobs over another connection, so they may come a little later.
    await pause(POLL_MS);
    if (areDone) return;
  }
}
