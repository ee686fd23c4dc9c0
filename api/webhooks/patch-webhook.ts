import { z } from '@hono/zod-openapi';
import { sellers } from '../http/access.ts';
import { changeWebhook } from './change-webhook.ts';
import { route } from './context.ts';
import { presentWebhook } from './present-webhook.ts';
import { webhook, webhookChanges } from './schemas.ts';

export const patchWebhook = route(
  {
    method: 'patch',
    path: '/v1/webhooks/{id}',
    operationId: 'webhooks.update',
    tag: 'webhooks',
    summary: 'Change a webhook',
    description:
      'If the URL changes or the webhook is enabled again, all pending deliveries are tried at once. ' +
      'Requests in flight may still go to the previous URL.',
    access: sellers('webhooks:write'),
    params: z.object({ id: z.string() }),
    body: webhookChanges,
    responses: {
      200: { description: 'The changed webhook.', schema: webhook },
      400: { description: 'Invalid input, or a URL that webhooks must not reach.' },
      404: { description: 'The shop has no such webhook.' },
    },
  },
  async (input) => {
    const changed = await changeWebhook(input, input.params.id, input.body);
    return { status: 200, body: presentWebhook(changed) };
  },
);
