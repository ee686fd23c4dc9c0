import { z } from '@hono/zod-openapi';
import { withDeadline } from '../../shared/runtime/deadline.ts';
import { NOT_KEPT } from '../access/auth/open-session.ts';
import { recordAudit } from '../audit/record-audit.ts';
import { sellers } from '../http/access.ts';
import { WRITE_TIMEOUT_MS } from '../http/bounds.ts';
import { route } from '../http/route.ts';
import { rotateSecret } from './change-webhook.ts';
import { presentNewWebhook } from './present-webhook.ts';
import { newWebhook } from './schemas.ts';

export const postRotateSecret = route(
  {
    method: 'post',
    path: '/v1/webhooks/{id}/rotate-secret',
    tag: 'webhooks',
    summary: 'Give a webhook a new secret',
    description: 'For 24 hours deliveries carry a signature by the secret before as well.',
    access: sellers('webhooks:write'),
    params: z.object({ id: z.string() }),
    responses: {
      200: { description: 'The webhook with its new secret.', schema: newWebhook },
      404: { description: 'No such webhook of the caller’s shop.' },
    },
  },
  async (input) => {
    const { context, params, principal } = input;
    const work = rotateSecret(context, principal, params.id);
    const rotated = await withDeadline('rotating a secret', WRITE_TIMEOUT_MS, work);
    await recordAudit(input, 'webhook.secret_rotated', { target: params.id });
    return { status: 200, body: presentNewWebhook(context, rotated), headers: NOT_KEPT };
  },
);
