import { z } from '@hono/zod-openapi';
import type { StockLevel } from '../../shared/domain/vocabulary.ts';
import { viewLevel } from '../../shared/views/level-view.ts';
import { sellers } from '../http/access.ts';
import { ifMatchHeader, toEtag } from '../http/etag.ts';
import {
  idempotencyKey as idempotencyKeyHeader,
  REPLAY_HEADER,
  replayHeader,
} from '../http/idempotency-key.ts';
import { listTiedTo, type PageRequest, readPage, toPage } from '../http/paging.ts';
import { adjustVariants } from './adjust-variants.ts';
import { adjustVariant, changeThreshold } from './change-stock.ts';
import { route } from './context.ts';
import { presentMovement, presentStock } from './present-stock.ts';
import {
  adjustmentRequest,
  adjustmentsRequest,
  levelPatch,
  levelsQuery,
  movement,
  movementsQuery,
  stockAdjustment,
  stockAdjustments,
  stockLevel,
} from './schemas.ts';
import { findLevel, listLevels, listMovements } from './stock-store.ts';

const read = { tag: 'inventory', access: sellers('inventory:read') } as const;
const write = { tag: 'inventory', access: sellers('inventory:write') } as const;
const ofVariant = { params: z.object({ variantId: z.string() }) };

const notFound = { 404: { description: 'No such variant of the caller’s shop.' } };
const badPage = {
  400: { description: 'Bad input, or a cursor of another list or of other filters.' },
};

function answerLevel(level: StockLevel) {
  return { status: 200, body: viewLevel(level), headers: { etag: toEtag(level.version) } };
}

export const getLevels = route(
  {
    ...read,
    method: 'get',
    path: '/v1/inventory',
    operationId: 'inventory.list',
    summary: 'List the shop’s stock levels',
    description: 'Newest variants first.',
    query: levelsQuery,
    responses: { 200: { description: 'A page.', schema: toPage(stockLevel) }, ...badPage },
  },
  async ({ context, principal, query }) => {
    const { limit: _, cursor: __, low, ...others } = query;
    const list = listTiedTo('stock', { ...others, low });
    const find = (page: PageRequest) =>
      listLevels(context.store, principal, { ...others, isLow: low }, page);
    return { status: 200, body: await readPage(list, query, find, presentStock) };
  },
);

export const getStock = route(
  {
    ...read,
    ...ofVariant,
    method: 'get',
    path: '/v1/inventory/{variantId}',
    operationId: 'inventory.get',
    summary: 'Get a variant’s stock level',
    description:
      'The units of a variant of the caller’s shop: on hand, reserved, available and sold.',
    responses: {
      200: {
        description: 'The current level.',
        schema: stockLevel,
        headers: { ETag: 'Changes with the counters; for `If-Match` of an adjustment.' },
      },
      ...notFound,
    },
  },
  async ({ context, params, principal }) =>
    answerLevel(await findLevel(context.store, principal, params.variantId)),
);

export const patchLevel = route(
  {
    ...write,
    ...ofVariant,
    method: 'patch',
    path: '/v1/inventory/{variantId}',
    operationId: 'inventory.update',
    summary: 'Set when a variant’s stock counts as low',
    description:
      'When the available units fall to the threshold, the event `stock.low` is sent, once until ' +
      'they have been above it again. A level that is low already sends no event.',
    body: levelPatch,
    responses: {
      200: { description: 'The current level.', schema: stockLevel },
      400: { description: 'Bad input.' },
      ...notFound,
    },
  },
  async (input) => {
    const { body, params } = input;
    return answerLevel(await changeThreshold(input, params.variantId, body.lowStockThreshold));
  },
);

export const postAdjustment = route(
  {
    ...write,
    ...ofVariant,
    method: 'post',
    path: '/v1/inventory/{variantId}/adjustments',
    operationId: 'inventory.adjust',
    summary: 'Change the units on hand',
    description:
      'By `delta` or to `set`, never below the reserved units. `If-Match` or `expectedOnHand` make ' +
      'sure that the level has not changed since you read it.',
    headers: z.object({
      'Idempotency-Key': idempotencyKeyHeader
        .optional()
        .describe(
          'The caller’s name for this request, which then happens once. Keys do not expire.',
        ),
      ...ifMatchHeader.shape,
    }),
    body: adjustmentRequest,
    responses: {
      201: {
        description: 'The recorded movement, and the level after it.',
        schema: stockAdjustment,
        headers: { ETag: 'Of the level.', ...REPLAY_HEADER },
      },
      400: { description: 'Bad input, or no usable Idempotency-Key.' },
      ...notFound,
      409: {
        description: 'Fewer units than are reserved would remain, or `expectedOnHand` is wrong.',
      },
      412: { description: 'The level has changed since; `level` is the current one.' },
      422: { description: 'Too many units, or the key was used for another request.' },
    },
  },
  async (input) => {
    const { body: request, c, params } = input;
    const idempotencyKey = c.req.header('idempotency-key');
    const ifMatch = c.req.header('if-match');
    const asked = { variantId: params.variantId, request, ifMatch, idempotencyKey };
    const { movement: made, level, isReplay } = await adjustVariant(input, asked);
    return {
      status: 201,
      body: { movement: presentMovement(made), level: viewLevel(level) },
      headers: { etag: toEtag(level.version), ...replayHeader(isReplay) },
    };
  },
);

export const postAdjustments = route(
  {
    ...write,
    method: 'post',
    path: '/v1/inventory/adjustments',
    operationId: 'inventory.adjustMany',
    summary: 'Change the units on hand of many variants',
    description:
      'By `delta` or to `set`, in the order of the list. All are applied in one transaction, or ' +
      'none: then `errors` names every adjustment that is refused, with its `code`.',
    headers: z.object({
      'Idempotency-Key': idempotencyKeyHeader
        .optional()
        .describe(
          'The caller’s name for this request, which then happens once. Keys do not expire.',
        ),
    }),
    body: adjustmentsRequest,
    responses: {
      201: {
        description: 'The recorded movements, and the levels after each.',
        schema: stockAdjustments,
        headers: REPLAY_HEADER,
      },
      400: { description: 'Bad input, or no usable Idempotency-Key.' },
      409: { description: 'Nothing is applied (`adjustments_refused`).' },
      422: { description: 'The key was used for another request.' },
    },
  },
  async (input) => {
    const { body, c } = input;
    const key = c.req.header('idempotency-key');
    const { adjusted, isReplay } = await adjustVariants(input, body, key);
    const adjustments = adjusted.map(({ movement: made, level }) => ({
      movement: presentMovement(made),
      level: viewLevel(level),
    }));
    return { status: 201, body: { adjustments }, headers: replayHeader(isReplay) };
  },
);

export const getMovements = route(
  {
    ...read,
    ...ofVariant,
    method: 'get',
    path: '/v1/inventory/{variantId}/movements',
    operationId: 'inventory.listMovements',
    summary: 'List what changed a variant’s stock',
    description: 'Newest first. A reservation by an order is not a movement; the order records it.',
    query: movementsQuery,
    responses: {
      200: { description: 'A page.', schema: toPage(movement) },
      ...badPage,
      ...notFound,
    },
  },
  async ({ context, params, principal, query }) => ({
    status: 200,
    body: await listMovements(context.store, principal, params.variantId, query),
  }),
);
