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
    differences: count.describe('The number of contradictions before the repairs.'),
    repaired: count.describe('The number of repairs.'),
    left: count.describe('The number of contradictions that remain.'),
    repairedIds: z
      .array(z.string())
      .describe(`The variants, discounts and orders that were repaired. The first ${SHOWN_MAX}.`),
    unrepairable: z
      .array(z.object({ id: z.string(), reason: z.string() }))
      .describe(
        `The contradictions that a person has to resolve, and why. The first ${SHOWN_MAX}.`,
      ),
    items: shownDifferences.describe(`The contradictions that remain. The first ${SHOWN_MAX}.`),
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
      'Searches the whole record for contradictions, like `npm run reconcile -- --fix`, and repairs ' +
      `at most ${REPAIRS_MAX.toLocaleString('en')} of those for which the right value can be ` +
      'computed. Each repair is a movement or an audit entry. Concurrent requests share one run. ' +
      'The run goes on after a 503, and the request may be repeated. Requires ' +
      'OPS_BOARD_WRITABLE=true.',
    access: { operator: true },
    timeoutMs: RECORD_TIMEOUT_MS,
    responses: {
      200: {
        description:
          'The numbers of contradictions that were found, were repaired and remain, and the first ' +
          'of them.',
        schema: reconciled,
      },
      403: { description: 'Changes are switched off, or the operator may only read.' },
    },
  },
  async (input) => ({ status: 200, body: await reconcileRecord(input) }),
);
