import { z } from '@hono/zod-openapi';
import { sellers } from '../http/access.ts';
import { route } from './context.ts';
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
    const { id, deliveryId } = input.params;
    const requested = await redeliver(input, id, deliveryId);
    return { status: 202, body: presentDelivery(requested) };
  },
);
