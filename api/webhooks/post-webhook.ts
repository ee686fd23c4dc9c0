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
    summary: 'Have events sent to an endpoint',
    description:
      'Every event that happens from the answer on is posted to it, signed by the Standard ' +
      'Webhooks scheme. The secret is told this once and stored nowhere.',
    access: sellers('webhooks:write'),
    body: webhookRequest,
    responses: {
      201: { description: 'The webhook with its secret.', schema: newWebhook },
      400: { description: 'Bad input, or an address that webhooks are not sent to.' },
      409: { description: 'The shop has as many as it may (`too_many_webhooks`).' },
    },
  },
  async (input) => {
    const created = await createWebhook(input, input.body);
    return { status: 201, body: presentNewWebhook(input.context, created) };
  },
);
