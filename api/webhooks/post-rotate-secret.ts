import { z } from '@hono/zod-openapi';
import { EARLIER_SECRETS_MAX } from '../../shared/contract/limits.ts';
import { sellers } from '../http/access.ts';
import { route } from './context.ts';
import { presentNewWebhook } from './present-webhook.ts';
import { rotateSecret } from './rotate-secret.ts';
import { newWebhook } from './schemas.ts';

export const postRotateSecret = route(
  {
    method: 'post',
    path: '/v1/webhooks/{id}/rotate-secret',
    operationId: 'webhooks.rotateSecret',
    tag: 'webhooks',
    summary: 'Give a webhook a new secret',
    description:
      'For 24 hours deliveries carry a signature by the secret before as well, also when it is ' +
      `rotated again meanwhile. So there are up to ${EARLIER_SECRETS_MAX} earlier secrets at a time.`,
    access: sellers('webhooks:write'),
    params: z.object({ id: z.string() }),
    responses: {
      200: { description: 'The webhook with its new secret.', schema: newWebhook },
      404: { description: 'No such webhook of the caller’s shop.' },
      409: {
        description: 'There are as many earlier secrets as there may be (`too_many_secrets`).',
      },
    },
  },
  async (input) => {
    const rotated = await rotateSecret(input, input.params.id);
    return { status: 200, body: presentNewWebhook(input.context, rotated) };
  },
);
