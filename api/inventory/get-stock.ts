import { z } from '@hono/zod-openapi';
import { sellers } from '../http/access.ts';
import { etagOf } from '../http/etag.ts';
import { route } from './context.ts';
import { presentLevel } from './present-stock.ts';
import { stockLevel } from './schemas.ts';
import { findLevel } from './stock-store.ts';

export const getStock = route(
  {
    method: 'get',
    path: '/v1/inventory/{variantId}',
    operationId: 'inventory.get',
    tag: 'inventory',
    summary: 'Ask for a variant’s stock level',
    description:
      'Of a variant of the caller’s shop: what is on hand, reserved, available and sold.',
    access: sellers('inventory:read'),
    params: z.object({ variantId: z.string() }),
    responses: {
      200: {
        description: 'The level as it stands.',
        schema: stockLevel,
        headers: { ETag: 'Changes with the counters; for `If-Match` of an adjustment.' },
      },
      404: { description: 'No such variant of the caller’s shop.' },
    },
  },
  async ({ context, params, principal }) => {
    const level = await findLevel(context.store, principal, params.variantId);
    return { status: 200, body: presentLevel(level), headers: { etag: etagOf(level.version) } };
  },
);
