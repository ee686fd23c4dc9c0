import { z } from '@hono/zod-openapi';
import { recordAudit } from '../audit/record-audit.ts';
import { sellers } from '../http/access.ts';
import { route } from '../http/route.ts';
import { adjustVariant } from './adjust-variant.ts';
import { presentLevel, presentMovement } from './present-stock.ts';
import { adjustmentRequest, movement, stockLevel } from './schemas.ts';

export const postAdjustment = route(
  {
    method: 'post',
    path: '/v1/inventory/{variantId}/adjustments',
    tag: 'inventory',
    summary: 'Change the units on hand',
    description: 'By `delta` or to `set`, never below what is reserved.',
    access: sellers('inventory:write'),
    params: z.object({ variantId: z.string() }),
    body: adjustmentRequest,
    responses: {
      201: {
        description: 'The movement that was recorded, and the level that it made.',
        schema: z.object({ movement, level: stockLevel }),
      },
      400: { description: 'Bad input.' },
      404: { description: 'No such variant of the caller’s shop.' },
      409: { description: 'Fewer units would be left than are reserved.' },
      422: { description: 'More units than can be counted.' },
    },
  },
  async (input) => {
    const { body, context, params, principal } = input;
    const adjusted = await adjustVariant(context, principal, params.variantId, body);
    const { _id: movementId, delta, reason } = adjusted.movement;
    const detail = { movementId, delta: delta.onHand, reason };
    await recordAudit(input, 'stock.adjusted', { target: params.variantId, detail });
    return {
      status: 201,
      body: { movement: presentMovement(adjusted.movement), level: presentLevel(adjusted.level) },
    };
  },
);
