import { sellers } from '../http/access.ts';
import { idFromCursor, listTiedTo, pageFrom, toPage } from '../http/paging.ts';
import { route } from './context.ts';
import { presentStock } from './present-stock.ts';
import { levelsQuery, stockLevel } from './schemas.ts';
import { listLevels } from './stock-store.ts';

export const getLevels = route(
  {
    method: 'get',
    path: '/v1/inventory',
    operationId: 'inventory.list',
    tag: 'inventory',
    summary: 'List the shop’s stock levels',
    description: 'Newest variants first.',
    access: sellers('inventory:read'),
    query: levelsQuery,
    responses: {
      200: { description: 'A page.', schema: toPage(stockLevel) },
      400: { description: 'Bad input, or a cursor of another list or of other filters.' },
    },
  },
  async ({ context, principal, query }) => {
    const { limit, cursor, low, ...others } = query;
    const list = listTiedTo('stock', { ...others, low });
    const after = idFromCursor(list, cursor);
    const filters = { ...others, isLow: low };
    const found = await listLevels(context.store, principal, filters, { limit, after });
    return { status: 200, body: pageFrom(list, found, limit, presentStock) };
  },
);
