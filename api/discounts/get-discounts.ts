import { sellers } from '../http/access.ts';
import { idFromCursor, listTiedTo, pageFrom, toPage } from '../http/paging.ts';
import { route } from './context.ts';
import { listDiscounts } from './discount-store.ts';
import { presentDiscount } from './present-discount.ts';
import { discount, discountsQuery } from './schemas.ts';

export const getDiscounts = route(
  {
    method: 'get',
    path: '/v1/discounts',
    operationId: 'discounts.list',
    tag: 'discounts',
    summary: 'List the shop’s discounts',
    description: 'Newest first, including cancelled ones.',
    access: sellers('discounts:write'),
    query: discountsQuery,
    responses: {
      200: { description: 'A page.', schema: toPage(discount) },
      400: { description: 'Bad input, or a cursor of another list.' },
    },
  },
  async ({ context, principal, query }) => {
    const { limit, cursor, status, code } = query;
    const now = context.clock.now();
    const list = listTiedTo('discounts', { status, code });
    const page = { limit, after: idFromCursor(list, cursor), now };
    const found = await listDiscounts(context.store, principal, { status, code }, page);
    const body = pageFrom(list, found, limit, (record) => presentDiscount(record, now));
    return { status: 200, body };
  },
);
