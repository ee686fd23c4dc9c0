import { z } from '@hono/zod-openapi';
import { EARLIER_SECRETS_MAX } from '../../shared/contract/limits.ts';
import { sellers } from '../http/access.ts';
import { route } from './context.ts';
import { presentNewWebhook, presentWebhook } from './present-webhook.ts';
import { endEarlierSecrets, rotateSecret } from './rotate-secret.ts';
import { newWebhook, webhook } from './schemas.ts';

export const postRotateSecret = route(
  {
    method: 'post',
    path: '/v1/webhooks/{id}/rotate-secret',
    operationId: 'webhooks.rotateSecret',
    tag: 'webhooks',
    summary: 'Give a webhook a new secret',
    description:
      'For 24 hours deliveries also carry a signature by the previous secret, even if the secret is ' +
      `rotated again. A webhook has at most ${EARLIER_SECRETS_MAX} earlier secrets at a time.`,
    access: sellers('webhooks:write'),
    params: z.object({ id: z.string() }),
    responses: {
      200: { description: 'The webhook with its new secret.', schema: newWebhook },
      404: { description: 'The shop has no such webhook.' },
      409: {
        description: 'The webhook has the maximum of earlier secrets (`too_many_secrets`).',
      },
    },
  },
  async (input) => {
    const rotated = await rotateSecret(input, input.params.id);
    return { status: 200, body: presentNewWebhook(input.context, rotated) };
  },
);

export const deleteEarlierSecrets = route(
  {
    method: 'delete',
    path: '/v1/webhooks/{id}/earlier-secrets',
    operationId: 'webhooks.endEarlierSecrets',
    tag: 'webhooks',
    summary: 'End a webhook’s earlier secrets',
    description:
      'Deliveries are signed with the current secret only. Requests in flight may still carry the ' +
      'other signatures. If a secret has leaked, rotate it and then end it.',
    access: sellers('webhooks:write'),
    params: z.object({ id: z.string() }),
    responses: {
      200: { description: 'The changed webhook.', schema: webhook },
      404: { description: 'The shop has no such webhook.' },
    },
  },
  async (input) => {
    const changed = await endEarlierSecrets(input, input.params.id);
    return { status: 200, body: presentWebhook(changed) };
  },
);
