import { z } from '@hono/zod-openapi';
import { sellers } from '../http/access.ts';
import { route } from './context.ts';
import { presentDelivery } from './present-webhook.ts';
import { delivery } from './schemas.ts';
import { sendTest } from './send-test.ts';

export const postTest = route(
  {
    method: 'post',
    path: '/v1/webhooks/{id}/test',
    operationId: 'webhooks.test',
    tag: 'webhooks',
    summary: 'Send a test event',
    description:
      'A `webhook.test` event, signed like any other, is sent once, at once, whatever types the ' +
      'webhook listens for. The log of deliveries shows how it went.',
    access: sellers('webhooks:write'),
    params: z.object({ id: z.string() }),
    responses: {
      202: { description: 'It will be sent; the delivery as it stands.', schema: delivery },
      404: { description: 'No such webhook of the caller’s shop.' },
      409: { description: 'The webhook is off (`webhook_disabled`).' },
    },
  },
  async (input) => {
    const sent = await sendTest(input, input.params.id);
    return { status: 202, body: presentDelivery(sent) };
  },
);
