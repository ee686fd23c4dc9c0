import { z } from '@hono/zod-openapi';
import { sellers } from '../http/access.ts';
import { etagOf, IF_MATCH } from '../http/etag.ts';
import {
  idempotencyKey as idempotencyKeyHeader,
  REPLAY_HEADER,
  replayHeader,
} from '../http/idempotency-key.ts';
import { adjustVariant } from './adjust-variant.ts';
import { route } from './context.ts';
import { presentLevel, presentMovement } from './present-stock.ts';
import { adjustmentRequest, movement, stockLevel } from './schemas.ts';

const adjustment = z.object({ movement, level: stockLevel }).openapi('StockAdjustment');

export const postAdjustment = route(
  {
    method: 'post',
    path: '/v1/inventory/{variantId}/adjustments',
    operationId: 'inventory.adjust',
    tag: 'inventory',
    summary: 'Change the units on hand',
    description:
      'By `delta` or to `set`, never below what is reserved. With `If-Match` or `expectedOnHand` ' +
      'only if the level is still the one that was looked at.',
    access: sellers('inventory:write'),
    params: z.object({ variantId: z.string() }),
    headers: z.object({
      'Idempotency-Key': idempotencyKeyHeader
        .optional()
        .describe('The caller’s name for this request: it is done once, and kept for good.'),
      'If-Match': z.string().optional().describe(IF_MATCH),
    }),
    body: adjustmentRequest,
    responses: {
      201: {
        description: 'The movement that was recorded, and the level that it made.',
        schema: adjustment,
        headers: { ETag: 'Of the level.', ...REPLAY_HEADER },
      },
      400: { description: 'Bad input, or no usable Idempotency-Key.' },
      404: { description: 'No such variant of the caller’s shop.' },
      409: { description: 'Fewer units would be left than are reserved, or others are on hand.' },
      412: { description: 'The level has changed since; `level` is what it is now.' },
      422: { description: 'More units than can be counted, or the key of another request.' },
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
      body: { movement: presentMovement(made), level: presentLevel(level) },
      headers: { etag: etagOf(level.version), ...replayHeader(isReplay) },
    };
  },
);
