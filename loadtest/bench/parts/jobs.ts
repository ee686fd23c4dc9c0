import { Worker } from 'bullmq';
import {
  SETTLE_CHECKOUTS,
  type SettleCheckoutsData,
  type SettleCheckoutsResult,
  settleJobId,
} from '../../../shared/contract/jobs.ts';
import { type CheckoutQueue, toQueuePlace } from '../../../shared/queue/checkout-queue.ts';
import type { RedisClient } from '../../../shared/queue/connections.ts';
import { toChunks } from '../chunks.ts';

/** The settings of the worker's processor, with the default BATCH_MAX. */
const JOBS_HELD = 512;
const LOCK_DURATION_MS = 4_000;
const STALLED_INTERVAL_MS = 2_000;

/** Adds the jobs of the checkouts, one group after another, as the API does. */
export async function addJobs(queue: CheckoutQueue, checkoutIds: readonly string[]): Promise<void> {
  for (const group of toChunks(checkoutIds, SETTLE_CHECKOUTS.checkoutsMax)) {
    const checkouts = group.map((checkoutId) => ({ checkoutId, productId: 'p', lines: 1 }));
    const id = settleJobId(group[0] ?? '', 0);
    await queue.enqueue([{ id, data: { checkouts } }]);
  }
}

/** A BullMQ worker with the settings of the system's worker, whose jobs do nothing. */
export interface NoopWorker {
  /** Runs until the jobs of this many checkouts are completed. */
  run(checkouts: number): Promise<void>;
  close(): Promise<void>;
}

/** Connects the worker. It processes no job before `run`. */
export async function prepareNoopWorker(
  redis: RedisClient,
  keyPrefix: string,
): Promise<NoopWorker> {
  const { name, prefix } = toQueuePlace(redis, keyPrefix, 0);
  const worker = new Worker<SettleCheckoutsData, SettleCheckoutsResult>(
    name,
    async () => ({ checkouts: [] }),
    {
      connection: redis,
      prefix,
      autorun: false,
      concurrency: JOBS_HELD,
      lockDuration: LOCK_DURATION_MS,
      stalledInterval: STALLED_INTERVAL_MS,
    },
  );
  await worker.waitUntilReady();
  return {
    run: (checkouts) =>
      new Promise((resolve, reject) => {
        let completed = 0;
        worker.on('error', reject);
        worker.on('completed', ({ data }) => {
          completed += data.checkouts.length;
          if (completed >= checkouts) resolve();
        });
        worker.run().catch(reject);
      }),
    close: () => worker.close(),
  };
}
