import type { CheckoutQueue } from '../../../shared/queue/checkout-queue.ts';
import { withDeadline } from '../../../shared/runtime/deadline.ts';
import type { CheckoutRecord } from '../../../shared/store/collections/checkouts.ts';

const READ_TIMEOUT_MS = 1_000;

/** A job of a checkout, as in the queue. */
export interface CheckoutJob {
  readonly id: string;
  readonly state: string;
  readonly attempts: number;
  readonly addedAt: Date;
  readonly startedAt?: Date;
  readonly endedAt?: Date;
  readonly failure?: string;
  /** From the start of the checkout's batch until the batch had its locks. */
  readonly lockMs?: number;
  /** From the decision until the batch was committed. */
  readonly commitMs?: number;
}

/**
 * Reads the latest jobs of a checkout that the queue still has, oldest first.
 * @returns undefined when Redis does not answer
 */
export async function readJobs(
  queue: CheckoutQueue,
  { _id, jobId, earlierJobIds = [] }: Pick<CheckoutRecord, '_id' | 'jobId' | 'earlierJobIds'>,
): Promise<CheckoutJob[] | undefined> {
  const ids = jobId === undefined ? earlierJobIds : [...earlierJobIds, jobId];
  const reading = Promise.all(ids.map((id) => readJob(queue, id, _id)));
  try {
    const jobs = await withDeadline('reading jobs', READ_TIMEOUT_MS, reading);
    return jobs.filter((job) => job !== undefined);
  } catch {
    return undefined;
  }
}

async function readJob(
  queue: CheckoutQueue,
  id: string,
  checkoutId: string,
): Promise<CheckoutJob | undefined> {
  const job = await queue.findJob(id);
  if (job === undefined) return undefined;
  const results = job.returnvalue?.checkouts ?? [];
  const { lockMs, commitMs } = results.find((result) => result.checkoutId === checkoutId) ?? {};
  return {
    id,
    state: await job.getState(),
    attempts: job.attemptsMade,
    addedAt: new Date(job.timestamp),
    ...(job.processedOn !== undefined && { startedAt: new Date(job.processedOn) }),
    ...(job.finishedOn !== undefined && { endedAt: new Date(job.finishedOn) }),
    ...(job.failedReason && { failure: job.failedReason }),
    ...(lockMs !== undefined && { lockMs }),
    ...(commitMs !== undefined && { commitMs }),
  };
}
