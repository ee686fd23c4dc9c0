import { z } from '@hono/zod-openapi';
import { withDeadline } from '../../shared/runtime/deadline.ts';
import { recordAudit } from '../audit/record-audit.ts';
import { sellers } from '../http/access.ts';
import { WRITE_TIMEOUT_MS } from '../http/bounds.ts';
import { route } from '../http/route.ts';
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
    const { context, params, principal, body } = input;
    const asked = { since: new Date(body.since), status: body.status };
    const work = redeliverSince(context, principal, params.id, asked);
    const result = await withDeadline('asking for deliveries', WRITE_TIMEOUT_MS, work);
    if (result.count > 0) {
      const detail = { ...body, count: result.count };
      await recordAudit(input, 'webhook.redelivered', { target: params.id, detail });
    }
    return { status: 202, body: result };
  },
);
