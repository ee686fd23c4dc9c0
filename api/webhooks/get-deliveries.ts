import { z } from '@hono/zod-openapi';
import { sellers } from '../http/access.ts';
import { idFromCursor, pageFrom, pageQuery, toPage } from '../http/paging.ts';
import { route } from './context.ts';
import { presentDelivery } from './present-webhook.ts';
import { delivery, deliveryStatus } from './schemas.ts';
import { findWebhook, listDeliveries } from './webhook-store.ts';

const LIST = 'webhook-deliveries';

export const getDeliveries = route(
  {
    method: 'get',
    path: '/v1/webhooks/{id}/deliveries',
    operationId: 'webhooks.listDeliveries',
    tag: 'webhooks',
    summary: 'List the deliveries to a webhook',
    description: 'Lists the events of the last seven days with their attempts, newest first.',
    access: sellers('webhooks:write'),
    params: z.object({ id: z.string() }),
    query: z.strictObject({ ...pageQuery, status: deliveryStatus.optional() }),
    responses: {
      200: { description: 'A page.', schema: toPage(delivery) },
      400: { description: 'Invalid input, or a cursor of another list.' },
      404: { description: 'The shop has no such webhook.' },
    },
  },
  async ({ context, params, principal, query }) => {
    const { limit, cursor, status } = query;
    const { _id: webhookId } = await findWebhook(context.store, principal, params.id);
    const page = { limit, after: idFromCursor(LIST, cursor) };
    const found = await listDeliveries(context.store, principal, { webhookId, status }, page);
    return { status: 200, body: pageFrom(LIST, found, limit, presentDelivery) };
  },
);
