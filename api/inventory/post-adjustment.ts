import { z } from '@hono/zod-openapi';
import { viewLevel } from '../../shared/views/level-view.ts';
import { sellers } from '../http/access.ts';
import { IF_MATCH, toEtag } from '../http/etag.ts';
import {
  idempotencyKey as idempotencyKeyHeader,
  REPLAY_HEADER,
  replayHeader,
} from '../http/idempotency-key.ts';
import { adjustVariant } from './change-stock.ts';
import { route } from './context.ts';
import { presentMovement } from './present-stock.ts';
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
      'By `delta` or to `set`, never below the reserved units. `If-Match` or `expectedOnHand` make ' +
      'sure that the level has not changed since you read it.',
    access: sellers('inventory:write'),
    params: z.object({ variantId: z.string() }),
    headers: z.object({
      'Idempotency-Key': idempotencyKeyHeader
        .optional()
        .describe(
          'The caller’s name for this request, which then happens once. Keys do not expire.',
        ),
      'If-Match': z.string().optional().describe(IF_MATCH),
    }),
    body: adjustmentRequest,
    responses: {
      201: {
        description: 'The recorded movement, and the level after it.',
        schema: adjustment,
        headers: { ETag: 'Of the level.', ...REPLAY_HEADER },
      },
      400: { description: 'Bad input, or no usable Idempotency-Key.' },
      404: { description: 'No such variant of the caller’s shop.' },
      409: { description: 'Fewer units than reserved would remain, or `expectedOnHand` is wrong.' },
      412: { description: 'The level has changed since; `level` is the current one.' },
      422: { description: 'Too many units, or the key stands for another request.' },
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
