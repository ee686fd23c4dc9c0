import { z } from '@hono/zod-openapi';
import { viewLevel } from '../../shared/views/level-view.ts';
import { sellers } from '../http/access.ts';
import { toEtag } from '../http/etag.ts';
import { changeThreshold } from './change-stock.ts';
import { route } from './context.ts';
import { levelPatch, stockLevel } from './schemas.ts';

export const patchLevel = route(
  {
    method: 'patch',
    path: '/v1/inventory/{variantId}',
    operationId: 'inventory.update',
    tag: 'inventory',
    summary: 'Set when a variant’s stock counts as low',
    description:
      'When the available units fall to the threshold, the event `stock.low` is sent, once until ' +
      'they have been above it again. A level that is low already sends no event.',
    access: sellers('inventory:write'),
    params: z.object({ variantId: z.string() }),
    body: levelPatch,
    responses: {
      200: { description: 'The current level.', schema: stockLevel },
      400: { description: 'Bad input.' },
      404: { description: 'No such variant of the caller’s shop.' },
    },
  },
  async (input) => {
    const { lowStockThreshold } = input.body;
    const level = await changeThreshold(input, input.params.variantId, lowStockThreshold);
    return { status: 200, body: viewLevel(level), headers: { etag: toEtag(level.version) } };
  },
);
