import { z } from '@hono/zod-openapi';
import { sellers } from '../http/access.ts';
import { removeWebhook } from './change-webhook.ts';
import { route } from './context.ts';

export const deleteWebhook = route(
  {
    method: 'delete',
    path: '/v1/webhooks/{id}',
    operationId: 'webhooks.delete',
    tag: 'webhooks',
    summary: 'Delete a webhook',
    description: 'Deletes the webhook and its delivery log. Requests in flight are still sent.',
    access: sellers('webhooks:write'),
    params: z.object({ id: z.string() }),
    responses: {
      204: { description: 'The webhook is deleted.' },
      404: { description: 'The shop has no such webhook, or it was deleted before.' },
    },
  },
  async (input) => {
    await removeWebhook(input, input.params.id);
    return { status: 204 };
  },
);
