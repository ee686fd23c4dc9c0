import { z } from '@hono/zod-openapi';
import { sellers } from '../http/access.ts';
import { idParams } from '../http/id-list.ts';
import { pageQuery, pageResponses } from '../http/paging.ts';
import { route } from './context.ts';
import { presentDelivery } from './present-webhook.ts';
import { REDELIVERIES_MAX, redeliver, redeliverSince, sendTest } from './redeliver.ts';
import { delivery, deliveryStatus, redeliveries, redeliverRequest } from './schemas.ts';
import { listDeliveries } from './webhook-store.ts';

export const getDeliveries = route(
  {
    method: 'get',
    path: '/v1/webhooks/{id}/deliveries',
    operationId: 'webhooks.listDeliveries',
    tag: 'webhooks',
    summary: 'List the deliveries to a webhook',
    description: 'Lists the deliveries of the last seven days with their attempts, newest first.',
    access: sellers('webhooks:write'),
    params: idParams,
    query: z.strictObject({ ...pageQuery, status: deliveryStatus.optional() }),
    responses: {
      ...pageResponses(delivery),
      404: { description: 'The shop has no such webhook.' },
    },
  },
  async ({ context, params, principal, query }) => {
    const body = await listDeliveries(context.store, principal, params.id, query);
    return { status: 200, body };
  },
);

export const postRedeliver = route(
  {
    method: 'post',
    path: '/v1/webhooks/{id}/deliveries/{deliveryId}/redeliver',
    operationId: 'webhooks.redeliver',
    tag: 'webhooks',
    summary: 'Send an event again',
    description:
      'Makes one attempt at once, even if the event was delivered before, with the same ' +
      '`webhook-id`. The attempt may overtake earlier events of the same subject. If later events ' +
      'waited for this event, they follow once it is accepted. The delivery log marks the attempt ' +
      '`isManual`.',
    access: sellers('webhooks:write'),
    params: idParams.extend({ deliveryId: z.string() }),
    responses: {
      202: { description: 'The delivery, which will be sent.', schema: delivery },
      404: { description: 'The shop has no such webhook, or the webhook has no such delivery.' },
      409: { description: 'The webhook is disabled (`webhook_disabled`).' },
    },
  },
  async (input) => {
    const { id, deliveryId } = input.params;
    const requested = await redeliver(input, id, deliveryId);
    return { status: 202, body: presentDelivery(requested) };
  },
);

export const postRedeliverSince = route(
  {
    method: 'post',
    path: '/v1/webhooks/{id}/redeliver',
    operationId: 'webhooks.redeliverSince',
    tag: 'webhooks',
    summary: 'Send again failed or delivered events since a time',
    description:
      `Makes one immediate attempt for each of the oldest ${REDELIVERIES_MAX} matching deliveries. ` +
      'Deliveries that already wait for such an attempt are not counted, so the request can be ' +
      'repeated safely.',
    access: sellers('webhooks:write'),
    params: idParams,
    body: redeliverRequest,
    responses: {
      202: { description: 'The number of deliveries that will be sent.', schema: redeliveries },
      400: { description: 'Bad input.' },
      404: { description: 'The shop has no such webhook.' },
      409: { description: 'The webhook is disabled (`webhook_disabled`).' },
    },
  },
  async (input) => {
    const { params, body } = input;
    const redelivery = { since: new Date(body.since), status: body.status };
    const result = await redeliverSince(input, params.id, redelivery);
    return { status: 202, body: result };
  },
);

export const postTest = route(
  {
    method: 'post',
    path: '/v1/webhooks/{id}/test',
    operationId: 'webhooks.test',
    tag: 'webhooks',
    summary: 'Send a test event',
    description:
      'Sends a signed `webhook.test` event immediately and only once, whatever types the webhook listens to. ' +
      'The delivery log shows the result.',
    access: sellers('webhooks:write'),
    params: idParams,
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
