import { sellers } from '../http/access.ts';
import { route } from './context.ts';
import { createWebhook } from './create-webhook.ts';
import { presentNewWebhook } from './present-webhook.ts';
import { newWebhook, webhookRequest } from './schemas.ts';

export const postWebhook = route(
  {
    method: 'post',
    path: '/v1/webhooks',
    operationId: 'webhooks.create',
    tag: 'webhooks',
    summary: 'Create a webhook',
    description:
      'Every event after the response is posted to the URL, signed by the Standard Webhooks scheme. ' +
      'The secret is shown only in this response and is not stored.',
    access: sellers('webhooks:write'),
    body: webhookRequest,
    responses: {
      201: { description: 'The webhook with its secret.', schema: newWebhook },
      400: { description: 'Invalid input, or a URL that webhooks must not reach.' },
      409: { description: 'The shop has the maximum of webhooks (`too_many_webhooks`).' },
    },
  },
  async (input) => {
    const created = await createWebhook(input, input.body);
    return { status: 201, body: presentNewWebhook(input.context, created) };
  },
);
