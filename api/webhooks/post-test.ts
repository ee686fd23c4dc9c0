import { z } from '@hono/zod-openapi';
import { sellers } from '../http/access.ts';
import { route } from './context.ts';
import { presentDelivery } from './present-webhook.ts';
import { sendTest } from './redeliver.ts';
import { delivery } from './schemas.ts';

export const postTest = route(
  {
    method: 'post',
    path: '/v1/webhooks/{id}/test',
    operationId: 'webhooks.test',
    tag: 'webhooks',
    summary: 'Send a test event',
    description:
      'Sends a signed `webhook.test` event once and at once, whatever types the webhook listens to. ' +
      'The delivery log shows the result.',
    access: sellers('webhooks:write'),
    params: z.object({ id: z.string() }),
    responses: {
      202: { description: 'The delivery, which will be sent.', schema: delivery },
      404: { description: 'The shop has no such webhook.' },
      409: { description: 'The webhook is disabled (`webhook_disabled`).' },
    },
  },
  async (input) => {
    const sent = await sendTest(input, input.params.id);
    return { status: 202, body: presentDelivery(sent) };
  },
);
