import { z } from '@hono/zod-openapi';
import { route } from '../context.ts';

const count = z.int().min(0);
const moment = z.iso.datetime();

const EXAMPLE = {
  status: 'ok' as const,
  checkedUntil: '2026-03-01T10:00:00.000Z',
  ageMs: 800,
  wholeAt: '2026-03-01T09:00:00.000Z',
  counts: { changes: 2_500, checkouts: 2_000 },
  faultCount: 0,
  faults: [],
};

const judgement = z
  .object({
    status: z
      .enum(['ok', 'broken', 'stale'])
      .describe(
        '`broken` while there are faults, otherwise `stale` if changes have waited for more than a ' +
          'minute to be judged, or nothing was judged yet.',
      ),
    checkedUntil: moment.nullable().describe('All changes up to this moment have been judged.'),
    ageMs: count.nullable().describe('Time since `checkedUntil`; above a minute it is `stale`.'),
    wholeAt: moment.nullable().describe('When the whole record was last read.'),
    counts: z
      .object({ changes: count, checkouts: count })
      .describe('Changes of stock and checkouts judged since `wholeAt`.'),
    faultCount: count,
    faults: z
      .array(z.object({ id: z.string(), kinds: z.array(z.string()), foundAt: moment }))
      .describe('The first variants, discounts, orders and checkouts with faults.'),
  })
  .openapi('Judgement', { example: EXAMPLE });

export const getJudgement = route(
  {
    method: 'get',
    path: '/ops/verdict/latest',
    operationId: 'operations.getJudgement',
    tag: 'operations',
    summary: 'Get the latest verdict of the worker that follows the record',
    description:
      'A worker judges changes of the record by the rules of `/ops/verdict`. It reads all records of ' +
      'a variant or discount only if a change contradicts the earlier changes. A fault stays until ' +
      'it is repaired.',
    access: { operator: true },
    responses: { 200: { description: 'The latest result.', schema: judgement } },
  },
  async ({ context }) => {
    const latest = await context.ops.readJudgement(context.clock.now());
    const { checkedUntil, wholeAt, faults } = latest;
    const body = {
      ...latest,
      checkedUntil: checkedUntil?.toISOString() ?? null,
      wholeAt: wholeAt?.toISOString() ?? null,
      faults: faults.map(({ _id: id, kinds, foundAt }) => {
        return { id, kinds: [...kinds], foundAt: foundAt.toISOString() };
      }),
    };
    return { status: 200, body };
  },
);
