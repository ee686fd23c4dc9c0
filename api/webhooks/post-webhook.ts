import { withDeadline } from '../../shared/runtime/deadline.ts';
import { NOT_CACHED } from '../access/auth/open-session.ts';
import { recordAudit } from '../audit/record-audit.ts';
import { sellers } from '../http/access.ts';
import { WRITE_TIMEOUT_MS } from '../http/bounds.ts';
import { route } from '../http/route.ts';
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
    const { body, context, principal } = input;
    const stored = createWebhook(context, principal, body);
    const created = await withDeadline('storing a webhook', WRITE_TIMEOUT_MS, stored);
    const detail = { events: body.events };
    await recordAudit(input, 'webhook.created', { target: created._id, detail });
    return { status: 201, body: presentNewWebhook(context, created), headers: NOT_CACHED };
  },
);
