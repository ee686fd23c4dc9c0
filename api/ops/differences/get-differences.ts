import { z } from '@hono/zod-openapi';
import { EXAMPLE_IDS } from '../../../shared/contract/example-ids.ts';
import { route } from '../context.ts';
import { presentDifferences, SHOWN_MAX } from './present-differences.ts';

/** Searching a million lines takes about half a minute, and another search may be in progress. */
export const RECORD_TIMEOUT_MS = 300_000;

const description = 'onHand is 11, but its records add up to 10';

/** The schema of the differences that a response lists. */
export const shownDifferences = z.array(
  z.object({ id: z.string(), kind: z.string(), description: z.string() }),
);

const differences = z
  .object({
    count: z.int().min(0),
    items: shownDifferences.describe(`The first ${SHOWN_MAX} contradictions.`),
  })
  .openapi('Differences', {
    example: { count: 1, items: [{ id: EXAMPLE_IDS.variant, kind: 'counter', description }] },
  });

export const getDifferences = route(
  {
    method: 'get',
    path: '/ops/differences',
    operationId: 'operations.listDifferences',
    tag: 'operations',
    summary: 'Compare counters with orders and movements',
    description:
      'Searches the whole record for contradictions, like `npm run reconcile`, and repairs nothing. ' +
      'Concurrent requests share one search.',
    access: { operator: true },
    timeoutMs: RECORD_TIMEOUT_MS,
    responses: { 200: { description: 'The contradictions.', schema: differences } },
  },
  async ({ context }) => {
    const body = presentDifferences(await context.ops.findDifferences());
    return { status: 200, body };
  },
);
