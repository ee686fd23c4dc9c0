import { z } from '@hono/zod-openapi';
import { withDeadline } from '../../shared/runtime/deadline.ts';
import { recordAudit } from '../audit/record-audit.ts';
import { sellers } from '../http/access.ts';
import { WRITE_TIMEOUT_MS } from '../http/bounds.ts';
import { route } from '../http/route.ts';
import { presentDelivery } from './present-webhook.ts';
import { redeliver } from './redeliver.ts';
import { delivery } from './schemas.ts';

export const postRedeliver = route(
  {
    method: 'post',
    path: '/v1/webhooks/{id}/deliveries/{deliveryId}/redeliver',
    operationId: 'webhooks.redeliver',
    tag: 'webhooks',
    summary: 'Send an event again',
    description:
      'One attempt at once, whatever became of those before, under the same `webhook-id`. It may ' +
      'overtake earlier events of the same subject, and is in the log as `isManual`.',
    access: sellers('webhooks:write'),
    params: z.object({ id: z.string(), deliveryId: z.string() }),
    responses: {
      202: { description: 'It will be sent; the delivery as it stands.', schema: delivery },
      404: { description: 'No such webhook of the caller’s shop, or no such delivery to it.' },
      409: { description: 'The webhook is off (`webhook_disabled`).' },
    },
  },
  async (input) => {
    const { context, params, principal } = input;
    const work = redeliver(context, principal, params.id, params.deliveryId);
    const asked = await withDeadline('asking for a delivery', WRITE_TIMEOUT_MS, work);
    await recordAudit(input, 'webhook.redelivered', { target: asked._id });
    return { status: 202, body: presentDelivery(asked) };
  },
);
