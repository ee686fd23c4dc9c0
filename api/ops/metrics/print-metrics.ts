import type { CheckoutQueue } from '../../../shared/queue/checkout-queue.ts';
import { withDeadline } from '../../../shared/runtime/deadline.ts';
import type { OpsContext } from '../context.ts';
import { lookAtWebhooks } from './look-at-webhooks.ts';
import type { Metrics } from './metrics.ts';

const PROBE_TIMEOUT_MS = 500;
const STATES = ['waiting', 'active', 'delayed', 'failed'] as const;

/** The figures of this process, with what it finds of the others when it looks at them now. */
export async function printMetrics({
  ops,
  queue,
  store,
  clock,
  health,
}: OpsContext): Promise<string> {
  const { metrics } = ops;
  await Promise.all([
    lookAtQueue(metrics, queue),
    lookAtWebhooks(metrics.webhooks, store, clock.now()),
  ]);
  metrics.health.show(await health.current());
  return metrics.print();
}

async function lookAtQueue(metrics: Metrics, queue: CheckoutQueue): Promise<void> {
  try {
    const asking = queue.bull.getJobCounts(...STATES);
    const counts = await withDeadline('counting jobs', PROBE_TIMEOUT_MS, asking);
    for (const state of STATES) metrics.queueJobs.set({ state }, counts[state] ?? 0);
  } catch {
    // The last figures would look like present ones.
    metrics.queueJobs.reset();
  }
}
