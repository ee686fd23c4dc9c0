import { z } from '@hono/zod-openapi';
import { withDeadline } from '../../shared/runtime/deadline.ts';
import { recordAudit } from '../audit/record-audit.ts';
import { sellers } from '../http/access.ts';
import { WRITE_TIMEOUT_MS } from '../http/bounds.ts';
import { route } from '../http/route.ts';
import { deleteWebhookOf } from './change-webhook.ts';

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
    const { context, params, principal } = input;
    const work = deleteWebhookOf(context, principal, params.id);
    await withDeadline('deleting a webhook', WRITE_TIMEOUT_MS, work);
    await recordAudit(input, 'webhook.deleted', { target: params.id });
    return { status: 204 };
  },
);
