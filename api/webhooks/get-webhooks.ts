import { z } from '@hono/zod-openapi';
import { sellers } from '../http/access.ts';
import { idFromCursor, pageFrom, pageQuery, toPage } from '../http/paging.ts';
import { route } from './context.ts';
import { presentWebhook } from './present-webhook.ts';
import { webhook } from './schemas.ts';
import { listWebhooks } from './webhook-store.ts';

const LIST = 'webhooks';

export const getWebhooks = route(
  {
    method: 'get',
    path: '/v1/webhooks',
    operationId: 'webhooks.list',
    tag: 'webhooks',
    summary: 'List webhooks',
    description: 'Lists the shop’s webhooks without their secrets, newest first.',
    access: sellers('webhooks:write'),
    query: z.strictObject(pageQuery),
    responses: {
      200: { description: 'A page.', schema: toPage(webhook) },
      400: { description: 'Invalid input, or a cursor of another list.' },
    },
  },
  async ({ context, principal, query }) => {
    const { limit, cursor } = query;
    const page = { limit, after: idFromCursor(LIST, cursor) };
    const found = await listWebhooks(context.store, principal, page);
    return { status: 200, body: pageFrom(LIST, found, limit, presentWebhook) };
  },
);
