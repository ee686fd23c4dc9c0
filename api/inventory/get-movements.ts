import { z } from '@hono/zod-openapi';
import { sellers } from '../http/access.ts';
import { toPage } from '../http/paging.ts';
import { route } from './context.ts';
import { movement, movementsQuery } from './schemas.ts';
import { listMovements } from './stock-store.ts';

export const getMovements = route(
  {
    method: 'get',
    path: '/v1/inventory/{variantId}/movements',
    operationId: 'inventory.listMovements',
    tag: 'inventory',
    summary: 'List what changed a variant’s stock',
    description: 'Newest first. A reservation by an order is not a movement; the order records it.',
    access: sellers('inventory:read'),
    params: z.object({ variantId: z.string() }),
    query: movementsQuery,
    responses: {
      200: { description: 'A page.', schema: toPage(movement) },
      400: { description: 'Bad input, or a cursor of another list or of other filters.' },
      404: { description: 'No such variant of the caller’s shop.' },
    },
  },
  async ({ context, params, principal, query }) => {
    const page = await listMovements(context.store, principal, params.variantId, query);
    return { status: 200, body: page };
  },
);
