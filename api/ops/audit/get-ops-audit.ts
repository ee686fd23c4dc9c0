import { z } from '@hono/zod-openapi';
import { listAudit, presentAudit } from '../../audit/audit-store.ts';
import { auditEntry } from '../../audit/schemas.ts';
import { idFromCursor, pageFrom, pageQuery, toPage } from '../../http/paging.ts';
import { route } from '../context.ts';

const LIST = 'ops-audit';

export const getOpsAudit = route(
  {
    method: 'get',
    path: '/ops/audit',
    operationId: 'operations.listAudit',
    tag: 'operations',
    summary: 'List audit entries',
    description: 'Entries about all shops and operators, newest first.',
    access: { operator: true },
    query: z.strictObject({
      ...pageQuery,
      shopId: z.string().min(1).max(64).optional().describe('Only entries about this shop.'),
    }),
    responses: {
      200: { description: 'A page.', schema: toPage(auditEntry) },
      400: { description: 'Bad input, or a cursor of another list.' },
    },
  },
  async ({ context, query }) => {
    const { limit, cursor, shopId } = query;
    const filter = shopId === undefined ? {} : { shopId };
    const list = `${LIST} ${shopId ?? ''}`;
    const after = idFromCursor(list, cursor);
    const found = await listAudit(context.store, filter, { limit, after });
    return { status: 200, body: pageFrom(list, found, limit, presentAudit) };
  },
);
