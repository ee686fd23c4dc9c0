import { z } from '@hono/zod-openapi';
import { sellers } from '../http/access.ts';
import { idParams } from '../http/id-list.ts';
import { idempotencyKey, REPLAY_HEADER, replayHeader } from '../http/idempotency-key.ts';
import { pageQueryOnly, pageResponses } from '../http/paging.ts';
import { cancelOwnDraw, createOwnDraw } from './change-draw.ts';
import { route } from './context.ts';
import { findClosedDraw, findDraw, listDraws, presentDraw, readEntries } from './draw-store.ts';
import { readDrawnEntries } from './drawn-entries.ts';
import { draw, drawnEntry, drawRequest, entriesQuery, entryPage } from './schemas.ts';

const commonSpec = { tag: 'draws' } as const;
const drawSpec = { ...commonSpec, path: '/v1/draws/{id}', params: idParams } as const;
const notFound = { 404: { description: 'There is no such draw.' } };

export const postDraw = route(
  {
    ...commonSpec,
    method: 'post',
    path: '/v1/draws',
    operationId: 'draws.create',
    summary: 'Create a draw',
    description:
      'Sets units of a variant aside and commits to a random seed by its hash. Buyers enter by ' +
      '`POST /v1/checkouts` with `drawId`. When the draw closes, the seed is published and the units ' +
      'go to the entries in the order of the HMAC-SHA256 of their ids, with the seed as key. For 24 ' +
      'hours, units whose reservation ends go to the next entry. Units without an entry go back on ' +
      'sale.',
    access: sellers('inventory:write'),
    headers: z.object({
      'Idempotency-Key': idempotencyKey
        .optional()
        .describe(
          'A key that the caller chooses. A repeat with the same key changes nothing and returns the draw ' +
            'that the first request created. Keys do not expire.',
        ),
    }),
    body: drawRequest,
    responses: {
      201: {
        description: 'The draw.',
        schema: draw,
        headers: { Location: 'The path of the draw.', ...REPLAY_HEADER },
      },
      400: {
        description:
          'Bad input, a `closesAt` in the past or more than 90 days ahead, or a `perBuyer` above ' +
          '`quantity`.',
      },
      409: {
        description: 'The variant has too few units that can be set aside (`draw_exceeds_stock`).',
      },
      422: {
        description:
          'A variant that does not belong to the shop, a `closesAt` before `opensAt`, a `perBuyer` ' +
          'below the smallest quantity in which the variant is sold (`quantity_not_allowed`), or ' +
          'a key that was used for another request.',
      },
    },
  },
  async (input) => {
    const { body, c, context } = input;
    const created = await createOwnDraw(input, body, c.req.header('idempotency-key'));
    return {
      status: 201,
      body: await presentDraw(context.store, created.draw, context.clock.now()),
      headers: { location: `/v1/draws/${created.draw._id}`, ...replayHeader(created.isReplay) },
    };
  },
);

export const getDraws = route(
  {
    ...commonSpec,
    method: 'get',
    path: '/v1/draws',
    operationId: 'draws.list',
    summary: 'List the shop’s draws',
    description: 'Newest first, without entries and winners.',
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
    ...drawSpec,
    method: 'get',
    operationId: 'draws.get',
    summary: 'Get a draw',
    description:
      'Public. From a closed draw and its list of entries anyone can compute the order again, as the ' +
      'page `/draws/{id}` does in the browser.',
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
    ...drawSpec,
    method: 'get',
    path: '/v1/draws/{id}/entries',
    operationId: 'draws.listEntries',
    summary: 'List the entries of a closed draw',
    description: 'Public. Lists the ids of the checkouts that entered, oldest first.',
    access: { anyone: true },
    query: entriesQuery,
    responses: {
      200: { description: 'A page.', schema: entryPage },
      400: { description: 'Invalid input, or a cursor of another list.' },
      ...notFound,
      409: { description: 'The draw has not closed, or was cancelled (`draw_not_closed`).' },
    },
  },
  async ({ context, params, query }) => ({
    status: 200,
    body: await readEntries(context.store, params.id, query),
  }),
);

export const getDrawnEntries = route(
  {
    ...drawSpec,
    method: 'get',
    path: '/v1/draws/{id}/drawn',
    operationId: 'draws.listDrawn',
    summary: 'List the drawn entries of a closed draw',
    description:
      'Public. Lists the entries that have been drawn so far, in the order of the draw, with the ' +
      'outcome of each. They are the first entries of that order, without gaps.',
    access: { anyone: true },
    query: entriesQuery,
    responses: {
      ...pageResponses(drawnEntry),
      ...notFound,
      409: { description: 'The draw has not closed, or was cancelled (`draw_not_closed`).' },
    },
  },
  async ({ context, params, query }) => {
    const { _id: drawId } = await findClosedDraw(context.store, params.id);
    return { status: 200, body: await readDrawnEntries(context.store, drawId, query) };
  },
);

export const postCancelDraw = route(
  {
    ...drawSpec,
    method: 'post',
    path: '/v1/draws/{id}/cancel',
    operationId: 'draws.cancel',
    summary: 'Cancel a draw before it closes',
    description:
      'The units of the draw go back on sale at once, and its entries are rejected as ' +
      '`not_drawn`. Its seed is never published. Repeating the request changes nothing.',
    access: sellers('inventory:write'),
    responses: {
      200: { description: 'The cancelled draw.', schema: draw },
      404: { description: 'The caller’s shop has no such draw.' },
      409: { description: 'The draw has closed (`draw_closed`).' },
    },
  },
  async (input) => {
    const cancelled = await cancelOwnDraw(input, input.params.id);
    const { context } = input;
    const body = await presentDraw(context.store, cancelled, context.clock.now());
    return { status: 200, body };
  },
);
