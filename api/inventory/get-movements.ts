import { z } from '@hono/zod-openapi';
import { sellers } from '../http/access.ts';
import { cursorAfterPlace, listTiedTo, pageOf, placeOfCursor } from '../http/paging.ts';
import { route } from '../http/route.ts';
import { presentMovement } from './present-stock.ts';
import { movement, movementsQuery } from './schemas.ts';
import { findLevel, queryMovements } from './stock-store.ts';

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
    query: movementsQuery,
    responses: {
      200: { description: 'A page.', schema: pageOf(movement) },
      400: { description: 'Bad input, or a cursor of another list or of other filters.' },
      404: { description: 'No such variant of the caller’s shop.' },
    },
  },
  async ({ context, params, principal, query }) => {
    const { limit, cursor, ...asked } = query;
    const { variantId } = await findLevel(context.store, principal, params.variantId);
    const list = listTiedTo(`movements ${variantId}`, asked);
    // Ids of several processes need not sort as the versions do, so the version is the place.
    const [below] = placeOfCursor(list, ['number'], cursor) ?? [];
    const page = { limit, below: below === undefined ? undefined : Number(below) };
    const found = await queryMovements(context.store, principal, variantId, asked, page);
    const shown = found.slice(0, limit);
    const last = shown.at(-1);
    const isLast = found.length <= limit || last === undefined;
    const nextCursor = isLast ? null : cursorAfterPlace(list, [last.version]);
    return { status: 200, body: { items: shown.map(presentMovement), nextCursor } };
  },
);
