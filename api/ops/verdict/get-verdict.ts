import { z } from '@hono/zod-openapi';
import { moment } from '../../../shared/contract/moment.ts';
import { optInFlag } from '../../http/query-flag.ts';
import { route } from '../context.ts';

const count = z.int().min(0);

const VERDICT_EXAMPLE = {
  window: { from: '2026-03-01T09:00:00.000Z', to: null },
  at: '2026-03-01T10:00:00.000Z',
  accepted: 2_000,
  placed: 500,
  rejected: 1_500,
  failed: 0,
  pending: 0,
  waiting: 0,
  unitsPlaced: 500,
  oversold: 0,
  undersold: 0,
  lost: 0,
  duplicated: 0,
  drift: 0,
  inversions: 0,
  ok: true,
};

const verdict = z
  .object({
    window: z.object({
      from: z.iso.datetime().nullable(),
      to: z.iso.datetime().nullable(),
    }),
    at: z.iso.datetime().describe('When the first snapshot was taken.'),
    accepted: count,
    placed: count,
    rejected: count,
    failed: count,
    pending: count,
    waiting: count.describe('Checkouts that wait for units to come back, or for a draw.'),
    unitsPlaced: count,
    oversold: count.describe('Units sold beyond the stock.'),
    undersold: count.describe(
      'Rejections for lack of stock or for lapsed holds that the record contradicts. With ' +
        '`drained=true` also checkouts that wait although enough units are free.',
    ),
    lost: count.describe(
      'Checkouts that were placed without one of their orders. With `drained=true` also checkouts ' +
        'that are still queued.',
    ),
    duplicated: count.describe('Checkouts with more orders than they may have.'),
    drift: count.describe(
      'Variants, discounts, orders and limited products whose record contradicts itself, regardless ' +
        'of the window.',
    ),
    inversions: count.describe(
      'Checkouts that were rejected or left waiting although a later checkout was served. They do ' +
        'not fail the verdict.',
    ),
    ok: z.boolean(),
  })
  .openapi('Verdict', { example: VERDICT_EXAMPLE });

const verdictQuery = z
  .strictObject({
    from: moment.optional().describe('Judge checkouts received at this time or later.'),
    to: moment.optional().describe('Judge checkouts received before this time.'),
    drained: optInFlag.describe(
      '`true` if the queue has had time to drain: what is still queued counts as lost.',
    ),
  })
  .refine(({ from, to }) => !from || !to || from < to, {
    path: ['to'],
    error: 'The window must end after it begins.',
  });

/** Judging a million lines takes about half a minute, and other verdicts may come first. */
const VERDICT_TIMEOUT_MS = 300_000;

export const getVerdict = route(
  {
    method: 'get',
    path: '/ops/verdict',
    operationId: 'operations.getVerdict',
    tag: 'operations',
    summary: 'Get a verdict on the record',
    description:
      'Judges the checkouts received in a window, without stopping anything: each part of the record ' +
      'is read at its own snapshot. ' +
      'Verdicts are taken one at a time, because each reads the whole record.',
    access: { operator: true },
    timeoutMs: VERDICT_TIMEOUT_MS,
    query: verdictQuery,
    responses: {
      200: { description: 'The verdict.', schema: verdict },
      503: { description: 'Too many verdicts are waiting, or MongoDB cannot be reached.' },
    },
  },
  async ({ context, query }) => {
    const { from, to, drained } = query;
    return { status: 200, body: await context.ops.verdicts.request({ from, to, drained }) };
  },
);
