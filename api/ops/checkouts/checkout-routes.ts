import { z } from '@hono/zod-openapi';
import { EXAMPLE_IDS } from '../../../shared/contract/example-ids.ts';
import { type OpsContext, route } from '../context.ts';
import { explainOutcome } from './explain.ts';
import { findCheckoutRecord, findOrderRecords, noSuchCheckout } from './history-store.ts';
import { readJobs } from './read-jobs.ts';
import { readSeenStock, readTraces } from './read-traces.ts';
import { replayCheckout } from './replay-checkout.ts';
import { checkoutHistory, checkoutParams, presentCheckout, presentOrder } from './schemas.ts';
import { toTimeline } from './timeline.ts';
import { toWaterfall } from './waterfall.ts';

export const getCheckoutHistory = route(
  {
    method: 'get',
    path: '/ops/checkouts/{id}',
    operationId: 'operations.getCheckout',
    tag: 'operations',
    summary: 'Get the history of a checkout',
    description:
      'Explains the outcome of the checkout, and shows its stages, record, orders, jobs and timeline, ' +
      'without shipping addresses, contacts and notes.',
    access: { operator: true },
    params: checkoutParams,
    responses: {
      200: { description: 'The history.', schema: checkoutHistory },
      404: { description: 'No such checkout.' },
    },
  },
  async ({ context, params }) => ({ status: 200, body: await readHistory(context, params.id) }),
);

/**
 * Reads everything that operators may see of a checkout.
 * @throws RefusedError not_found
 */
async function readHistory({ store, queue }: OpsContext, checkoutId: string) {
  const record = await findCheckoutRecord(store, checkoutId);
  if (record === undefined) throw noSuchCheckout();
  const [orders, jobs, traces, stock] = await Promise.all([
    findOrderRecords(store, record),
    readJobs(queue, record),
    readTraces(store, record),
    readSeenStock(store, record),
  ]);
  return {
    explanation: explainOutcome(record, stock),
    waterfall: toWaterfall(record, { jobs: jobs ?? [], ...traces }),
    checkout: presentCheckout(record),
    orders: orders.map(presentOrder),
    jobs: jobs ?? null,
    timeline: toTimeline(record, orders, jobs ?? []),
  };
}

const replayedCheckout = z
  .object({
    id: z.string(),
    status: z.enum(['queued', 'waiting']).describe('`waiting` if it is an entry of a draw.'),
  })
  .openapi('ReplayedCheckout', { example: { id: EXAMPLE_IDS.checkout, status: 'queued' } });

export const postReplay = route(
  {
    method: 'post',
    path: '/ops/checkouts/{id}/replay',
    operationId: 'operations.replayCheckout',
    tag: 'operations',
    summary: 'Replay a failed checkout',
    description:
      'Queues the checkout again; the recovery sweep adds its job within seconds. An entry of a ' +
      'draw waits again instead, for the next units of its draw. Requires OPS_BOARD_WRITABLE=true.',
    access: { operator: true },
    params: checkoutParams,
    responses: {
      202: { description: 'The checkout is queued or waits again.', schema: replayedCheckout },
      403: {
        description:
          'Changes are switched off, the operator may only read, or a page of another site caused ' +
          'the request.',
      },
      404: { description: 'No such checkout.' },
      409: {
        description:
          'The checkout has not failed (`checkout_not_failed`), its cart was changed meanwhile ' +
          '(`cart_changed`), or its draw gives out no more units (`draw_closed`).',
      },
    },
  },
  async (input) => {
    const { id } = input.params;
    return { status: 202, body: { id, status: await replayCheckout(input, id) } };
  },
);
