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
      'With another address, or switched on again, whatever waits for its next attempt is tried ' +
      'at once. What a worker is just sending may still go to the address before.',
    access: sellers('webhooks:write'),
    params: z.object({ id: z.string() }),
    body: webhookChanges,
    responses: {
      200: { description: 'The webhook as it now stands.', schema: webhook },
      400: { description: 'Bad input, or an address that webhooks are not sent to.' },
      404: { description: 'No such webhook of the caller’s shop.' },
    },
  },
  async (input) => {
    const changed = await changeWebhook(input, input.params.id, input.body);
    return { status: 200, body: presentWebhook(changed) };
  },
);
