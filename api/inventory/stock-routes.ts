import { z } from '@hono/zod-openapi';
import type { StockLevel } from '../../shared/domain/vocabulary.ts';
import { viewLevel } from '../../shared/views/level-view.ts';
import { sellers } from '../http/access.ts';
import { ifMatchHeader, toEtag } from '../http/etag.ts';
import { optionalIdempotencyKey, REPLAY_HEADER, replayHeader } from '../http/idempotency-key.ts';
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
      'When the available units fall to the threshold, the event `stock.low` is sent. It is sent ' +
      'again only after they have been above the threshold. If the level is low already when you ' +
      'set the threshold, no event is sent.',
    body: levelPatch,
    responses: {
      200: {
        description: 'The current level.',
        schema: stockLevel,
        headers: {
          ETag: 'As for `GET`; setting the threshold neither checks nor changes it.',
        },
      },
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
      'Adds `delta`, or changes the number to `set`, never below the reserved units. With `If-Match` ' +
      'or `expectedOnHand`, the adjustment is refused if the level has changed since you read it.',
    headers: optionalIdempotencyKey.extend(ifMatchHeader.shape),
    body: adjustmentRequest,
    responses: {
      201: {
        description: 'The recorded movement, and the level after it.',
        schema: stockAdjustment,
        headers: { ETag: 'The version of the level after the movement.', ...REPLAY_HEADER },
      },
      400: { description: 'Bad input, or a malformed Idempotency-Key.' },
      ...notFound,
      409: {
        description: 'Fewer units than are reserved would remain, or `expectedOnHand` differs.',
      },
      412: {
        description: 'The level has changed since you read it; `level` is the current level.',
      },
      422: {
        description: 'More units than a level can have, or the key was used for another request.',
      },
    },
  },
  async (input) => {
    const { body: request, c, params } = input;
    const idempotencyKey = c.req.header('idempotency-key');
    const ifMatch = c.req.header('if-match');
    const adjustment = { variantId: params.variantId, request, ifMatch, idempotencyKey };
    const { movement: record, level, isReplay } = await adjustVariant(input, adjustment);
    return {
      status: 201,
      body: { movement: presentMovement(record), level: viewLevel(level) },
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
      'Adds `delta`, or changes the number to `set`, in the order of the list. Either all are applied ' +
      'in one transaction, or none: then `errors` contains every refused adjustment with its `code`.',
    headers: optionalIdempotencyKey,
    body: adjustmentsRequest,
    responses: {
      201: {
        description: 'The recorded movements, each with the level after it.',
        schema: stockAdjustments,
        headers: REPLAY_HEADER,
      },
      400: { description: 'Bad input, or a malformed Idempotency-Key.' },
      409: {
        description:
          'At least one adjustment is refused, so none is applied (`adjustments_refused`).',
      },
      422: { description: 'The key was used for another request.' },
    },
  },
  async (input) => {
    const { body, c } = input;
    const key = c.req.header('idempotency-key');
    const { adjusted, isReplay } = await adjustVariants(input, body, key);
    const adjustments = adjusted.map(({ movement: record, level }) => ({
      movement: presentMovement(record),
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
