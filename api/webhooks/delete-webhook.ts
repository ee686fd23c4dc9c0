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
    description: 'Nothing more is sent to it but what is under way; its log goes with it.',
    access: sellers('webhooks:write'),
    params: z.object({ id: z.string() }),
    responses: {
      204: { description: 'It is deleted.' },
      404: { description: 'No such webhook of the caller’s shop, or it was deleted before.' },
    },
  },
  async (input) => {
    await removeWebhook(input, input.params.id);
    return { status: 204 };
  },
);
