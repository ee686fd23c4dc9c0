import { withDeadline } from '../../../shared/runtime/deadline.ts';
import { type OpsContext, route } from '../context.ts';
import { updateWebhookGauges } from './webhook-gauges.ts';

const PROBE_TIMEOUT_MS = 500;
const JOB_STATES = ['waiting', 'active', 'delayed', 'failed'] as const;

const METRICS_EXAMPLE = `# HELP checkouts_accepted_total Checkouts stored by this process.
# TYPE checkouts_accepted_total counter
checkouts_accepted_total 42
`;

export const getMetrics = route(
  {
    method: 'get',
    path: '/metrics',
    operationId: 'operations.getMetrics',
    tag: 'operations',
    summary: 'Get metrics for Prometheus',
    description: 'Metrics of this process, and of the queue, MongoDB and Redis as it sees them.',
    access: { operator: true },
    responses: {
      200: {
        description: 'The text format of Prometheus.',
        media: { 'text/plain': METRICS_EXAMPLE },
      },
    },
  },
  async ({ context }) => {
    const { metrics } = context.ops;
    await updateGauges(context);
    const headers = { 'content-type': metrics.contentType };
    return new Response(await metrics.print(), { headers });
  },
);

async function updateGauges({ ops, queue, store, clock, health }: OpsContext): Promise<void> {
  const { metrics } = ops;
  await Promise.all([
    updateQueueGauge(metrics.queueJobs, queue),
    updateWebhookGauges(metrics.webhooks, store, clock.now()),
  ]);
  metrics.health.show(await health.current());
}

async function updateQueueGauge(
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
