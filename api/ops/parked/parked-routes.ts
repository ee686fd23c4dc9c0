import { z } from '@hono/zod-openapi';
import { EXAMPLE_IDS } from '../../../shared/contract/example-ids.ts';
import { moment } from '../../../shared/contract/moment.ts';
import { route } from '../context.ts';
import { findParked, PARKED_MAX } from './find-parked.ts';
import { replayParked } from './replay-parked.ts';

/** Checkouts are replayed one after the other, each in a transaction. */
const REPLAY_TIMEOUT_MS = 60_000;

const DAY_MS = 24 * 60 * 60 * 1_000;

const filter = {
  from: moment.describe('Received at this time or later.'),
  to: moment.describe('Received before this time.'),
  reason: z.string().min(1).max(200).optional().describe('A part of the reason, case-sensitive.'),
};

/** The times of a filter. A value that is not a date has already failed its own check. */
interface Times {
  readonly from?: unknown;
  readonly to?: unknown;
}

const fromBeforeTo: [(times: Times) => boolean, object] = [
  ({ from, to }) => !(from instanceof Date && to instanceof Date) || from < to,
  { path: ['to'], error: 'Must be later than from.' },
];

const searchedFrom = z.iso
  .datetime()
  .describe(
    'How far back the search went: checkouts received earlier were not searched. Equals `from` if ' +
      'the whole range was searched.',
  );

const EXAMPLE_FROM = '2026-03-01T09:00:00.000Z';

const parked = z
  .object({
    items: z.array(
      z.object({
        id: z.string(),
        receivedAt: z.iso.datetime(),
        reason: z.string(),
        replays: z.int().min(0).describe('How often the checkout has been replayed.'),
      }),
    ),
    searchedFrom,
  })
  .openapi('ParkedCheckouts', {
    example: {
      items: [
        {
          id: EXAMPLE_IDS.checkout,
          receivedAt: '2026-03-01T09:30:00.103Z',
          reason: 'Document failed validation',
          replays: 0,
        },
      ],
      searchedFrom: EXAMPLE_FROM,
    },
  });

const replayRequest = z
  .strictObject({
    ...filter,
    ids: z
      .array(z.string())
      .min(1)
      .max(PARKED_MAX)
      .optional()
      .describe('Only these of the checkouts, for example those that an operator has seen.'),
  })
  .refine(...fromBeforeTo)
  .openapi('ParkedReplayRequest', {
    example: { from: EXAMPLE_FROM, to: '2026-03-01T10:00:00.000Z', reason: 'failed validation' },
  });

const replayedParked = z
  .object({
    replayed: z.array(z.string()),
    refused: z.array(z.object({ id: z.string(), code: z.string() })),
    searchedFrom,
  })
  .openapi('ReplayedParked', {
    example: { replayed: [EXAMPLE_IDS.checkout], refused: [], searchedFrom: EXAMPLE_FROM },
  });

export const getParked = route(
  {
    method: 'get',
    path: '/ops/parked',
    operationId: 'operations.listParked',
    tag: 'operations',
    summary: 'Find parked checkouts',
    description:
      `Returns the newest checkouts that could not be settled, at most ${PARKED_MAX}, filtered by the ` +
      'time of their receipt and the reason. At most 200,000 checkouts are searched; ' +
      '`searchedFrom` is how far back the search went.',
    access: { operator: true },
    query: z
      .strictObject({
        ...filter,
        from: filter.from.optional().describe('By default a day before `to`.'),
        to: filter.to.optional().describe('Now by default.'),
      })
      .refine(...fromBeforeTo),
    responses: { 200: { description: 'The parked checkouts.', schema: parked } },
  },
  async ({ context, query }) => {
    const { to = context.clock.now(), reason } = query;
    const { from = new Date(to.getTime() - DAY_MS) } = query;
    const found = await findParked(context.store, { from, to, reason });
    const items = found.items.map(({ _id: id, receivedAt, failure = '', replays = 0 }) => {
      return { id, receivedAt: receivedAt.toISOString(), reason: failure, replays };
    });
    return { status: 200, body: { items, searchedFrom: found.searchedFrom.toISOString() } };
  },
);

export const postReplayParked = route(
  {
    method: 'post',
    path: '/ops/parked/replay',
    operationId: 'operations.replayParked',
    tag: 'operations',
    summary: 'Replay parked checkouts',
    description:
      `Queues again the checkouts that \`GET /ops/parked\` finds, at most ${PARKED_MAX}, or those of ` +
      'them that `ids` names. Requires OPS_BOARD_WRITABLE=true.',
    access: { operator: true },
    timeoutMs: REPLAY_TIMEOUT_MS,
    body: replayRequest,
    responses: {
      200: { description: 'The replayed and the refused checkouts.', schema: replayedParked },
    },
  },
  async (input) => {
    const { searchedFrom: from, ...result } = await replayParked(input, input.body);
    return { status: 200, body: { ...result, searchedFrom: from.toISOString() } };
  },
);
