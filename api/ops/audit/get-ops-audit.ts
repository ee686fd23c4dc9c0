import { z } from '@hono/zod-openapi';
import { listAudit } from '../../audit/audit-store.ts';
import { auditEntry } from '../../audit/schemas.ts';
import { pageQuery, pageResponses } from '../../http/paging.ts';
import { route } from '../context.ts';

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
    responses: pageResponses(auditEntry),
  },
  async ({ context, query }) => {
    const { shopId, ...bounds } = query;
    const page = { list: `ops-audit ${shopId ?? ''}`, ...bounds };
    const filter = shopId === undefined ? {} : { shopId };
    const body = await listAudit(context.store, filter, page);
    return { status: 200, body };
  },
);
