import { route } from '../context.ts';
import { printMetrics } from './print-metrics.ts';

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
    summary: 'Figures for Prometheus',
    description: 'Of this process, and of the queue, MongoDB and Redis as this process sees them.',
    access: { operator: true },
    responses: {
      200: {
        description: 'In the text format of Prometheus.',
        media: { 'text/plain': METRICS_EXAMPLE },
      },
    },
  },
  async ({ context }) => {
    const printed = await printMetrics(context);
    return new Response(printed, { headers: { 'content-type': context.ops.metrics.contentType } });
  },
);
