import { z } from '@hono/zod-openapi';
import { sellers } from '../http/access.ts';
import { idParams } from '../http/id-list.ts';
import { idempotencyKey, REPLAY_HEADER, replayHeader } from '../http/idempotency-key.ts';
import { pageQueryOnly, pageResponses } from '../http/paging.ts';
import { callOffDraw, makeDraw } from './change-draw.ts';
import { route } from './context.ts';
import { findClosedDraw, findDraw, listDraws, presentDraw, readEntries } from './draw-store.ts';
import { readDrawn } from './drawn-entries.ts';
import { draw, drawnEntry, drawRequest, entriesQuery, entryPage } from './schemas.ts';

const common = { tag: 'draws' } as const;
const one = { ...common, path: '/v1/draws/{id}', params: idParams } as const;
const notFound = { 404: { description: 'No such draw.' } };

export const postDraw = route(
  {
    ...common,
    method: 'post',
    path: '/v1/draws',
    operationId: 'draws.create',
    summary: 'Create a draw',
    description:
      'Sets units of a variant aside and commits to a random seed by its hash. Buyers enter by ' +
      '`POST /v1/checkouts` with `drawId`. When the draw closes, the seed is published and the units ' +
      'go to the entries in the order of HMAC-SHA256 of their ids with the seed as key. Units of ' +
      'a winner whose reservation ends go to the next entry; what is left over goes back on sale.',
    access: sellers('inventory:write'),
    headers: z.object({
      'Idempotency-Key': idempotencyKey
        .optional()
        .describe(
          'The caller’s name for this request, which then happens once. Keys do not expire.',
        ),
    }),
    body: drawRequest,
    responses: {
      201: {
        description: 'The draw.',
        schema: draw,
        headers: { Location: 'The path of the draw.', ...REPLAY_HEADER },
      },
      400: { description: 'Bad input, or an end in the past.' },
      409: { description: 'Fewer units can be set aside (`draw_exceeds_stock`).' },
      422: {
        description:
          'A variant that is not the shop’s, an end before the start, a `perBuyer` below the ' +
          'fewest units in which the variant is sold (`quantity_not_allowed`), or a key that was ' +
          'used for another request.',
      },
    },
  },
  async (input) => {
    const { body, c, context } = input;
    const made = await makeDraw(input, body, c.req.header('idempotency-key'));
    return {
      status: 201,
      body: await presentDraw(context.store, made.draw, context.clock.now()),
      headers: { location: `/v1/draws/${made.draw._id}`, ...replayHeader(made.isReplay) },
    };
  },
);

export const getDraws = route(
  {
    ...common,
    method: 'get',
    path: '/v1/draws',
    operationId: 'draws.list',
    summary: 'List the shop’s draws',
    description: 'Newest first, without their entries and winners.',
    access: sellers('inventory:read'),
    query: pageQueryOnly,
    responses: pageResponses(draw),
  },
  async ({ context, principal, query }) => {
    const body = await listDraws(context.store, principal, query, context.clock.now());
    return { status: 200, body };
  },
);

export const getDraw = route(
  {
    ...one,
    method: 'get',
    operationId: 'draws.get',
    summary: 'Look at a draw',
    description:
      'For anyone. Once it is closed, it has all that is needed to compute its order again; the page ' +
      '`/draws/{id}` does so in the browser.',
    access: { anyone: true },
    responses: { 200: { description: 'The draw.', schema: draw }, ...notFound },
  },
  async ({ context, params }) => ({
    status: 200,
    body: await presentDraw(
      context.store,
      await findDraw(context.store, params.id),
      context.clock.now(),
    ),
  }),
);

export const getDrawEntries = route(
  {
    ...one,
    method: 'get',
    path: '/v1/draws/{id}/entries',
    operationId: 'draws.listEntries',
    summary: 'List the entries of a closed draw',
    description: 'For anyone: the ids of the checkouts, oldest first.',
    access: { anyone: true },
    query: entriesQuery,
    responses: {
      200: { description: 'A page.', schema: entryPage },
      400: { description: 'Invalid input, or a cursor of another list.' },
      ...notFound,
      409: { description: 'The draw has not closed (`draw_not_closed`).' },
    },
  },
  async ({ context, params, query }) => ({
    status: 200,
    body: await readEntries(context.store, params.id, query),
  }),
);

export const getDrawn = route(
  {
    ...one,
    method: 'get',
    path: '/v1/draws/{id}/drawn',
    operationId: 'draws.listDrawn',
    summary: 'List the drawn entries of a closed draw',
    description:
      'For anyone: the entries whose turn has come, in the order of the draw, with the outcome of ' +
      'each. They are the first entries of that order, without gaps.',
    access: { anyone: true },
    query: entriesQuery,
    responses: {
      ...pageResponses(drawnEntry),
      ...notFound,
      409: { description: 'The draw has not closed (`draw_not_closed`).' },
    },
  },
  async ({ context, params, query }) => {
    const { _id: drawId } = await findClosedDraw(context.store, params.id);
    return { status: 200, body: await readDrawn(context.store, drawId, query) };
  },
);

export const postCancelDraw = route(
  {
    ...one,
    method: 'post',
    path: '/v1/draws/{id}/cancel',
    operationId: 'draws.cancel',
    summary: 'Cancel a draw before it closes',
    description:
      'Its units go back on sale at once, and its entries are rejected as `not_drawn`. Its seed is ' +
      'never published. Repeating the request changes nothing.',
    access: sellers('inventory:write'),
    responses: {
      200: { description: 'The cancelled draw.', schema: draw },
      404: { description: 'No such draw of the caller’s shop.' },
      409: { description: 'It has closed (`draw_closed`).' },
    },
  },
  async (input) => {
    const cancelled = await callOffDraw(input, input.params.id);
    const { context } = input;
    const body = await presentDraw(context.store, cancelled, context.clock.now());
    return { status: 200, body };
  },
);
