import { withDeadline } from '../../../shared/runtime/deadline.ts';
import { type OpsContext, route } from '../context.ts';
import { updateDrawGauges } from './draw-gauges.ts';
import { updateQueueGauges } from './queue-gauge.ts';
import { updateWaitGauges } from './wait-gauges.ts';
import { updateWebhookGauges } from './webhook-gauges.ts';

const METRICS_EXAMPLE = `# HELP lastunit_checkouts_accepted_total Checkouts stored and answered with 202 by this process, not counting repeats.
# TYPE lastunit_checkouts_accepted_total counter
lastunit_checkouts_accepted_total 42
`;

const READ_TIMEOUT_MS = 500;

export const getMetrics = route(
  {
    method: 'get',
    path: '/metrics',
    operationId: 'operations.getMetrics',
    tag: 'operations',
    summary: 'Get metrics for Prometheus',
    description:
      'Metrics of this process, and of the queue, MongoDB and Redis as this process sees them.',
    access: { operator: true },
    lane: 'status',
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
    updateQueueGauges(metrics, queue),
    updateWebhookGauges(metrics.webhooks, store, clock.now()),
    updateWaitGauges(metrics.waits, store, clock.now()),
    updateDrawGauges(metrics.draws, store),
  ]);
  metrics.health.show(await health.current());
  const [judgement, lagMs] = await Promise.all([
    readInTime('the verdict', ops.readJudgement(clock.now())),
    readInTime('the search lag', ops.readSearchLag(clock.now())),
  ]);
  metrics.verdict.show(judgement);
  metrics.search.show(lagMs);
}

/** Returns undefined if the read fails or takes too long; its gauges are then absent. */
function readInTime<T>(what: string, reading: Promise<T>): Promise<T | undefined> {
  return withDeadline(what, READ_TIMEOUT_MS, reading).catch(() => undefined);
}
