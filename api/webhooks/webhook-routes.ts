import { EARLIER_SECRETS_MAX } from '../../shared/contract/limits.ts';
import { sellers } from '../http/access.ts';
import { idParams } from '../http/id-list.ts';
import { pageQueryOnly, pageResponses } from '../http/paging.ts';
import { changeWebhook, removeWebhook } from './change-webhook.ts';
import { route } from './context.ts';
import { createWebhook } from './create-webhook.ts';
import { presentNewWebhook, presentWebhook } from './present-webhook.ts';
import { endEarlierSecrets, rotateSecret } from './rotate-secret.ts';
import { newWebhook, webhook, webhookChanges, webhookRequest } from './schemas.ts';
import { findWebhook, listWebhooks } from './webhook-store.ts';

export const getWebhooks = route(
  {
    method: 'get',
    path: '/v1/webhooks',
    operationId: 'webhooks.list',
    tag: 'webhooks',
    summary: 'List webhooks',
    description: 'Lists the shop’s webhooks without their secrets, newest first.',
    access: sellers('webhooks:write'),
    query: pageQueryOnly,
    responses: pageResponses(webhook),
  },
  async ({ context, principal, query }) => {
    const body = await listWebhooks(context.store, principal, query);
    return { status: 200, body };
  },
);

export const postWebhook = route(
  {
    method: 'post',
    path: '/v1/webhooks',
    operationId: 'webhooks.create',
    tag: 'webhooks',
    summary: 'Create a webhook',
    description:
      'Every event of the requested types after the response is posted to the URL, signed by the ' +
      'Standard Webhooks scheme. ' +
      'The secret is shown only in this response and is not stored.',
    access: sellers('webhooks:write'),
    body: webhookRequest,
    responses: {
      201: { description: 'The webhook with its secret.', schema: newWebhook },
      400: { description: 'Invalid input, or a URL that webhooks must not reach.' },
      409: {
        description: 'The shop already has the maximum number of webhooks (`too_many_webhooks`).',
      },
    },
  },
  async (input) => {
    const created = await createWebhook(input, input.body);
    return { status: 201, body: presentNewWebhook(input.context, created) };
  },
);

export const getWebhook = route(
  {
    method: 'get',
    path: '/v1/webhooks/{id}',
    operationId: 'webhooks.get',
    tag: 'webhooks',
    summary: 'Read a webhook',
    description: 'Includes the reason if the system has disabled it.',
    access: sellers('webhooks:write'),
    params: idParams,
    responses: {
      200: { description: 'The webhook, without its secret.', schema: webhook },
      404: { description: 'The shop has no such webhook.' },
    },
  },
  async ({ context, params, principal }) => {
    const record = await findWebhook(context.store, principal, params.id);
    return { status: 200, body: presentWebhook(record) };
  },
);

export const patchWebhook = route(
  {
    method: 'patch',
    path: '/v1/webhooks/{id}',
    operationId: 'webhooks.update',
    tag: 'webhooks',
    summary: 'Change a webhook',
    description:
      'If the request has another `url` or `isEnabled: true`, all pending deliveries are tried at once. ' +
      'Requests in flight may still go to the previous URL.',
    access: sellers('webhooks:write'),
    params: idParams,
    body: webhookChanges,
    responses: {
      200: { description: 'The changed webhook.', schema: webhook },
      400: { description: 'Invalid input, or a URL that webhooks must not reach.' },
      404: { description: 'The shop has no such webhook.' },
    },
  },
  async (input) => {
    const changed = await changeWebhook(input, input.params.id, input.body);
    return { status: 200, body: presentWebhook(changed) };
  },
);

export const deleteWebhook = route(
  {
    method: 'delete',
    path: '/v1/webhooks/{id}',
    operationId: 'webhooks.delete',
    tag: 'webhooks',
    summary: 'Delete a webhook',
    description: 'Deletes the webhook and its delivery log. Requests in flight are still sent.',
    access: sellers('webhooks:write'),
    params: idParams,
    responses: {
      204: { description: 'The webhook is deleted.' },
      404: { description: 'The shop has no such webhook, or it was deleted before.' },
    },
  },
  async (input) => {
    await removeWebhook(input, input.params.id);
    return { status: 204 };
  },
);

export const postRotateSecret = route(
  {
    method: 'post',
    path: '/v1/webhooks/{id}/rotate-secret',
    operationId: 'webhooks.rotateSecret',
    tag: 'webhooks',
    summary: 'Give a webhook a new secret',
    description:
      'For 24 hours deliveries also carry a signature by the previous secret, even if the secret is ' +
      `rotated again. A webhook has at most ${EARLIER_SECRETS_MAX} earlier secrets at a time.`,
    access: sellers('webhooks:write'),
    params: idParams,
    responses: {
      200: { description: 'The webhook with its new secret.', schema: newWebhook },
      404: { description: 'The shop has no such webhook.' },
      409: {
        description:
          'The webhook already has the maximum number of earlier secrets (`too_many_secrets`).',
      },
    },
  },
  async (input) => {
    const rotated = await rotateSecret(input, input.params.id);
    return { status: 200, body: presentNewWebhook(input.context, rotated) };
  },
);

export const deleteEarlierSecrets = route(
  {
    method: 'delete',
    path: '/v1/webhooks/{id}/earlier-secrets',
    operationId: 'webhooks.endEarlierSecrets',
    tag: 'webhooks',
    summary: 'End a webhook’s earlier secrets',
    description:
      'Deliveries are signed with the current secret only. Requests in flight may still carry the ' +
      'other signatures. If a secret has leaked, rotate it and then call this route.',
    access: sellers('webhooks:write'),
    params: idParams,
    responses: {
      200: { description: 'The changed webhook.', schema: webhook },
      404: { description: 'The shop has no such webhook.' },
    },
  },
  async (input) => {
    const changed = await endEarlierSecrets(input, input.params.id);
    return { status: 200, body: presentWebhook(changed) };
  },
);
