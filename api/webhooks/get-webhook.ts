import { z } from '@hono/zod-openapi';
import { sellers } from '../http/access.ts';
import { route } from './context.ts';
import { presentWebhook } from './present-webhook.ts';
import { webhook } from './schemas.ts';
import { findWebhook } from './webhook-store.ts';

export const getWebhook = route(
  {
    method: 'get',
    path: '/v1/webhooks/{id}',
    operationId: 'webhooks.get',
    tag: 'webhooks',
    summary: 'Read a webhook',
    description: 'Includes the reason if the system has disabled it.',
    access: sellers('webhooks:write'),
    params: z.object({ id: z.string() }),
    responses: {
      200: { description: 'The webhook, without its secret.', schema: webhook },
      404: { description: 'The shop has no such webhook.' },
    },
  },
  async ({ context, params, principal }) => {
    const found = await findWebhook(context.store, principal, params.id);
    return { status: 200, body: presentWebhook(found) };
  },
);
