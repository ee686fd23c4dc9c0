import type { CheckoutQueue } from '../../../shared/queue/checkout-queue.ts';
import { withDeadline } from '../../../shared/runtime/deadline.ts';
import type { Store } from '../../../shared/store/store.ts';
import type { ApiContext } from '../../context.ts';
import { lookAtWebhooks } from './look-at-webhooks.ts';
import type { Metrics } from './metrics.ts';

const PROBE_TIMEOUT_MS = 500;
const STATES = ['waiting', 'active', 'delayed', 'failed'] as const;

/** The figures of this process, with what it finds of the others when it looks at them now. */
export async function printMetrics({ ops, queue, store, clock }: ApiContext): Promise<string> {
  const { metrics } = ops;
  await Promise.all([
    lookAtQueue(metrics, queue),
    lookAtMongodb(metrics, store),
    lookAtWebhooks(metrics.webhooks, store, clock.now()),
  ]);
  return metrics.print();
}

async function lookAtQueue(metrics: Metrics, queue: CheckoutQueue): Promise<void> {
  try {
    const asking = queue.bull.getJobCounts(...STATES);
    const counts = await withDeadline('counting jobs', PROBE_TIMEOUT_MS, asking);
    for (const state of STATES) metrics.queueJobs.set({ state }, counts[state] ?? 0);
    metrics.redisUp.set(1);
  } catch {
    // The last figures would look like present ones.
    metrics.queueJobs.reset();
    metrics.redisUp.set(0);
  }
}

async function lookAtMongodb(metrics: Metrics, store: Store): Promise<void> {
  try {
    const asking = Promise.resolve(store.connection.db?.command({ ping: 1 }));
    await withDeadline('a ping', PROBE_TIMEOUT_MS, asking);
    metrics.mongodbUp.set(1);
  } catch {
    metrics.mongodbUp.set(0);
  }
}
