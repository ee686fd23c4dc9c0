import { z } from '@hono/zod-openapi';
import { sellers } from '../http/access.ts';
import { route } from './context.ts';
import { REDELIVERIES_MAX, redeliverSince } from './redeliver.ts';
import { redeliveries, redeliverRequest } from './schemas.ts';

export const postRedeliverSince = route(
  {
    method: 'post',
    path: '/v1/webhooks/{id}/redeliver',
    operationId: 'webhooks.redeliverSince',
    tag: 'webhooks',
    summary: 'Send all events again that failed since a time',
    description:
      `One attempt of each, at once; the oldest ${REDELIVERIES_MAX} of them. Those that wait for ` +
      'such an attempt already are not counted, so that asking again is harmless.',
    access: sellers('webhooks:write'),
    params: z.object({ id: z.string() }),
    body: redeliverRequest,
    responses: {
      202: { description: 'They will be sent.', schema: redeliveries },
      400: { description: 'Bad input.' },
      404: { description: 'No such webhook of the caller’s shop.' },
      409: { description: 'The webhook is off (`webhook_disabled`).' },
    },
  },
  async (input) => {
    const { params, body } = input;
    const redelivery = { since: new Date(body.since), status: body.status };
    const result = await redeliverSince(input, params.id, redelivery);
    return { status: 202, body: result };
  },
);
