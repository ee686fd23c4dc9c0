import { z } from '@hono/zod-openapi';
import { auditVisibleTo } from '../access/visibility.ts';
import { listAudit, presentAudit } from '../audit/audit-store.ts';
import { auditEntry } from '../audit/schemas.ts';
import { shopsOnly } from '../http/access.ts';
import { idFromCursor, pageFrom, pageQuery, toPage } from '../http/paging.ts';
import { route } from './context.ts';

const LIST = 'audit';

export const getShopAudit = route(
  {
    method: 'get',
    path: '/v1/shop/audit',
    operationId: 'shop.listAudit',
    tag: 'access',
    summary: 'List audit entries of the shop',
    description:
      'Logins, including refused ones, changes of keys, products and stock, and orders moved by ' +
      'hand, newest first. Entries are never changed or deleted.',
    access: shopsOnly,
    query: z.strictObject(pageQuery),
    responses: {
      200: { description: 'A page.', schema: toPage(auditEntry) },
      400: { description: 'Bad input, or a cursor of another list.' },
    },
  },
  async ({ context, principal, query }) => {
    const { limit, cursor } = query;
    const after = idFromCursor(LIST, cursor);
    const found = await listAudit(context.store, auditVisibleTo(principal), { limit, after });
    return { status: 200, body: pageFrom(LIST, found, limit, presentAudit) };
  },
);
