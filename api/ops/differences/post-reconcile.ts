import { z } from '@hono/zod-openapi';
import { EXAMPLE_IDS } from '../../../shared/contract/example-ids.ts';
import { route } from '../context.ts';
import { REPAIRS_MAX } from '../ops.ts';
import { RECORD_TIMEOUT_MS, shownDifferences } from './get-differences.ts';
import { SHOWN_MAX } from './present-differences.ts';
import { reconcileRecord } from './reconcile-record.ts';

const count = z.int().min(0);

const reconciled = z
  .object({
    differences: count.describe('The contradictions that were found at first.'),
    repaired: count.describe('The repairs.'),
    left: count.describe('The contradictions that remain.'),
    repairedIds: z
      .array(z.string())
      .describe(`What was repaired: variants, discounts and orders. The first ${SHOWN_MAX}.`),
    unrepairable: z
      .array(z.object({ id: z.string(), reason: z.string() }))
      .describe(`What cannot be repaired by arithmetic. The first ${SHOWN_MAX}.`),
    items: shownDifferences.describe(`What remains. The first ${SHOWN_MAX}.`),
  })
  .openapi('Reconciled', {
    example: {
      ...{ differences: 1, repaired: 1, left: 0 },
      ...{ repairedIds: [EXAMPLE_IDS.variant], unrepairable: [], items: [] },
    },
  });

export const postReconcile = route(
  {
    method: 'post',
    path: '/ops/reconcile',
    operationId: 'operations.reconcile',
    tag: 'operations',
    summary: 'Repair counters that differ from orders and movements',
    description:
      'Searches the whole record for contradictions and repairs those that can be computed, like ' +
      `\`npm run reconcile -- --fix\`, but ${REPAIRS_MAX.toLocaleString('en')} at most. Each repair is ` +
      'a movement or an audit entry. Concurrent requests share one run. After a 503 the run goes on; ' +
      'repeating the request is safe. Requires OPS_BOARD_WRITABLE=true.',
    access: { operator: true },
    timeoutMs: RECORD_TIMEOUT_MS,
    responses: {
      200: { description: 'What was found, repaired and left.', schema: reconciled },
      403: { description: 'Changes are switched off, or the operator may only read.' },
    },
  },
  async (input) => ({ status: 200, body: await reconcileRecord(input) }),
);
