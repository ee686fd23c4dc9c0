import { z } from '@hono/zod-openapi';
import type { CheckoutQueue } from '../../../shared/queue/checkout-queue.ts';
import { withDeadline } from '../../../shared/runtime/deadline.ts';
import type { ApiContext } from '../../context.ts';
import { route } from '../../http/route.ts';
import type { Metrics } from './metrics.ts';

const PROBE_TIMEOUT_MS = 500;
const DELIVERIES_COUNTED_MAX = 10_000;
const STATES = ['waiting', 'active', 'delayed', 'failed'] as const;

export const getMetrics = route(
  {
    method: 'get',
    path: '/metrics',
    tag: 'operations',
    summary: 'Figures for Prometheus',
    description: 'Of this process, and of the queue, MongoDB and Redis as this process sees them.',
    access: { operator: true },
    responses: {
      200: {
        description: 'In the text format of Prometheus.',
        schema: z.string(),
        mediaType: 'text/plain',
      },
    },
  },
  async ({ context }) => {
    const { metrics } = context.ops;
    await Promise.all([
      lookAtQueue(metrics, context.queue),
      lookAtMongodb(metrics, context),
      lookAtDeliveries(metrics, context),
    ]);
    return new Response(await metrics.print(), {
      headers: { 'content-type': metrics.contentType },
    });
  },
);

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

async function lookAtDeliveries(metrics: Metrics, { store }: ApiContext): Promise<void> {
  try {
    const asking = store.webhookDeliveries.collection.countDocuments(
      { status: 'pending' },
      { hint: 'due_deliveries', limit: DELIVERIES_COUNTED_MAX, maxTimeMS: PROBE_TIMEOUT_MS },
    );
    const pending = await withDeadline('counting deliveries', PROBE_TIMEOUT_MS, asking);
    metrics.webhookDeliveriesPending.set(pending);
  } catch {
    metrics.webhookDeliveriesPending.remove();
  }
}

async function lookAtMongodb(metrics: Metrics, { store }: ApiContext): Promise<void> {
  try {
    const asking = Promise.resolve(store.connection.db?.command({ ping: 1 }));
    await withDeadline('a ping', PROBE_TIMEOUT_MS, asking);
    metrics.mongodbUp.set(1);
  } catch {
    metrics.mongodbUp.set(0);
  }
}
