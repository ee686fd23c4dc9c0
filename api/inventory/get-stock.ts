import { z } from '@hono/zod-openapi';
import { viewLevel } from '../../shared/views/level-view.ts';
import { sellers } from '../http/access.ts';
import { toEtag } from '../http/etag.ts';
import { route } from './context.ts';
import { stockLevel } from './schemas.ts';
import { findLevel } from './stock-store.ts';

export const getStock = route(
  {
    method: 'get',
    path: '/v1/inventory/{variantId}',
    operationId: 'inventory.get',
    tag: 'inventory',
    summary: 'Get a variant’s stock level',
    description:
      'The units of a variant of the caller’s shop: on hand, reserved, available and sold.',
    access: sellers('inventory:read'),
    params: z.object({ variantId: z.string() }),
    responses: {
      200: {
        description: 'The current level.',
        schema: stockLevel,
        headers: { ETag: 'Changes with the counters; for `If-Match` of an adjustment.' },
      },
      404: { description: 'No such variant of the caller’s shop.' },
    },
  },
  async ({ context, params, principal }) => {
    const level = await findLevel(context.store, principal, params.variantId);
    return { status: 200, body: viewLevel(level), headers: { etag: toEtag(level.version) } };
  },
);
