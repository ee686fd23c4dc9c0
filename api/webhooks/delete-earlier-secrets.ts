import { z } from '@hono/zod-openapi';
import { sellers } from '../http/access.ts';
import { route } from './context.ts';
import { presentWebhook } from './present-webhook.ts';
import { endEarlierSecrets } from './rotate-secret.ts';
import { webhook } from './schemas.ts';

export const deleteEarlierSecrets = route(
  {
    method: 'delete',
    path: '/v1/webhooks/{id}/earlier-secrets',
    operationId: 'webhooks.endEarlierSecrets',
    tag: 'webhooks',
    summary: 'End a webhook’s earlier secrets',
    description:
      'From now on deliveries are signed with the present secret only; what is just being sent may ' +
      'still carry the other signatures. For a secret that has leaked: rotate it, then end it.',
    access: sellers('webhooks:write'),
    params: z.object({ id: z.string() }),
    responses: {
      200: { description: 'The webhook as it now stands.', schema: webhook },
      404: { description: 'No such webhook of the caller’s shop.' },
    },
  },
  async (input) => {
    const changed = await endEarlierSecrets(input, input.params.id);
    return { status: 200, body: presentWebhook(changed) };
  },
);
