import { z } from '@hono/zod-openapi';
import { sellers } from '../http/access.ts';
import { etagOf } from '../http/etag.ts';
import { changeThreshold } from './change-threshold.ts';
import { route } from './context.ts';
import { presentLevel } from './present-stock.ts';
import { levelPatch, stockLevel } from './schemas.ts';

export const patchLevel = route(
  {
    method: 'patch',
    path: '/v1/inventory/{variantId}',
    operationId: 'inventory.update',
    tag: 'inventory',
    summary: 'Say when a variant’s stock counts as low',
    description:
      'When the available units fall to the threshold, the event `stock.low` is told, once until ' +
      'they have been above it. A level that is low already is not told of.',
    access: sellers('inventory:write'),
    params: z.object({ variantId: z.string() }),
    body: levelPatch,
    responses: {
      200: { description: 'The level as it stands.', schema: stockLevel },
      400: { description: 'Bad input.' },
      404: { description: 'No such variant of the caller’s shop.' },
    },
  },
  async (input) => {
    const { lowStockThreshold } = input.body;
    const level = await changeThreshold(input, input.params.variantId, lowStockThreshold);
    return { status: 200, body: presentLevel(level), headers: { etag: etagOf(level.version) } };
  },
);
