import type { CheckoutQueue } from '../../../shared/queue/checkout-queue.ts';
import type { FinishedJob } from './lock-tally.ts';
import { inTime } from './read-record.ts';

/** How many of the newest jobs are read per partition; under a high load they are a sample. */
const JOBS_MAX = 16;

type SettleBull = CheckoutQueue['bull'];

/** Reads the jobs that workers have finished, each job once. */
export class FinishedJobs {
  /** The ids of the newest jobs at the last read. Older jobs are never among the newest again. */
  #read: ReadonlySet<string> = new Set();

  /** Reads the newest jobs that were not read before. */
  async readNew({ bulls }: CheckoutQueue): Promise<FinishedJob[]> {
    const reading = Promise.all(bulls.map((bull) => this.#readPartition(bull)));
    const partitions = await inTime('finished jobs', reading);
    this.#read = new Set(partitions.flatMap(({ ids }) => ids));
    return partitions.flatMap(({ jobs }) => jobs);
  }

  async #readPartition(bull: SettleBull) {
    const ids = await bull.getRanges(['completed'], 0, JOBS_MAX - 1);
    const unread = ids.filter((id) => !this.#read.has(id));
    const jobs = await Promise.all(unread.map((id) => bull.getJob(id)));
    return { ids, jobs: jobs.flatMap((job) => (job === undefined ? [] : toFinished(job))) };
  }
}

type SettleJob = NonNullable<Awaited<ReturnType<SettleBull['getJob']>>>;

function toFinished({ data, returnvalue, finishedOn = 0 }: SettleJob): FinishedJob {
  const products = new Map(
    data.checkouts.map(({ checkoutId, productId }) => [checkoutId, productId]),
  );
  const checkouts = (returnvalue?.checkouts ?? []).flatMap(({ checkoutId, lockMs, commitMs }) => {
    const productId = products.get(checkoutId);
    if (productId === undefined || lockMs === undefined) return [];
    return [{ productId, lockMs, commitMs: commitMs ?? 0 }];
  });
  return { finishedAt: new Date(finishedOn), checkouts };
}
