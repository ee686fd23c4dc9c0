import { z } from '@hono/zod-openapi';
import { refuseField } from '../../shared/domain/errors.ts';
import { sellers } from '../http/access.ts';
import { idOfCursor, pageFrom, pageOf, pageQuery } from '../http/paging.ts';
import { route } from '../http/route.ts';
import { presentMovement } from './present-stock.ts';
import { movement } from './schemas.ts';
import { findLevel, listMovements } from './stock-store.ts';

export const getMovements = route(
  {
    method: 'get',
    path: '/v1/inventory/{variantId}/movements',
    tag: 'inventory',
    summary: 'List what changed a variant’s stock',
    description:
      'Newest first. That an order reserved units is no movement; it is recorded in the order.',
    access: sellers('inventory:read'),
    params: z.object({ variantId: z.string() }),
    query: z.strictObject(pageQuery),
    responses: {
      200: { description: 'A page.', schema: pageOf(movement) },
      400: { description: 'Bad input, or a cursor of another list.' },
      404: { description: 'No such variant of the caller’s shop.' },
    },
  },
  async ({ context, params, principal, query }) => {
    const { limit, cursor } = query;
    const { variantId } = await findLevel(context.store, principal, params.variantId);
    const list = `movements ${variantId}`;
    const below = versionOf(idOfCursor(list, cursor));
    const found = await listMovements(context.store, principal, variantId, { limit, below });
    // Ids of several processes need not sort as the versions do, so the version is the cursor.
    const placed = found.map((record) => ({ _id: String(record.version), record }));
    return {
      status: 200,
      body: pageFrom(list, placed, limit, ({ record }) => presentMovement(record)),
    };
  },
);

function versionOf(text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  if (/^\d{1,15}$/.test(text)) return Number(text);
  throw refuseField('invalid_request', 'cursor', 'This is not a cursor of this list.');
}
