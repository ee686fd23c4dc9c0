import { API_KEYS_PER_SHOP_MAX } from '../../../shared/contract/limits.ts';
import { shopsOnly } from '../../http/access.ts';
import { idParams } from '../../http/id-list.ts';
import { pageQueryOnly, pageResponses } from '../../http/paging.ts';
import { route } from '../context.ts';
import { issueKey } from './issue-key.ts';
import { listKeys, revokeKey, rotateKey } from './own-keys.ts';
import { apiKey, apiKeyRequest, newApiKey, presentNewKey, rotateRequest } from './schemas.ts';

export const getApiKeys = route(
  {
    method: 'get',
    path: '/v1/api-keys',
    operationId: 'apiKeys.list',
    tag: 'access',
    summary: 'List API keys',
    description: 'Keys of the shop that are not revoked, newest first, without their secrets.',
    access: shopsOnly,
    query: pageQueryOnly,
    responses: pageResponses(apiKey),
  },
  async ({ context, principal, query }) => {
    const body = await listKeys(context.store, principal, query);
    return { status: 200, body };
  },
);

export const postApiKey = route(
  {
    method: 'post',
    path: '/v1/api-keys',
    operationId: 'apiKeys.create',
    tag: 'access',
    summary: 'Create an API key',
    description:
      'Only this answer contains the key and its signing secret; neither is stored. ' +
      `A shop has at most ${API_KEYS_PER_SHOP_MAX} keys. A revoked or expired key counts for one ` +
      'more minute.',
    access: shopsOnly,
    body: apiKeyRequest,
    responses: {
      201: { description: 'The key with its secrets.', schema: newApiKey },
      400: { description: 'Bad input.' },
      409: { description: 'The shop already has the maximum number of keys (`too_many_keys`).' },
    },
  },
  async (input) => {
    const { secretsKey } = input.context.config.secrets;
    const issued = await issueKey(input, input.body);
    return { status: 201, body: presentNewKey(issued, secretsKey) };
  },
);

export const postRotate = route(
  {
    method: 'post',
    path: '/v1/api-keys/{id}/rotate',
    operationId: 'apiKeys.rotate',
    tag: 'access',
    summary: 'Rotate the secrets of an API key',
    description:
      'The key keeps its id and gets new secrets. The secrets that it has now work for ' +
      '`graceSeconds` more, by default one hour; secrets from before an earlier rotation stop working. ' +
      'Buyer tokens work as long as the secrets that created them. If the key has leaked, set ' +
      '`graceSeconds` to 0: within five seconds every process refuses the secrets and their buyer ' +
      'tokens.',
    access: shopsOnly,
    params: idParams,
    body: rotateRequest,
    isBodyOptional: true,
    responses: {
      200: { description: 'The key with its new secrets.', schema: newApiKey },
      400: { description: 'Bad input.' },
      404: { description: 'The shop has no such key.' },
    },
  },
  async (input) => {
    const { body, context, params } = input;
    const rotated = await rotateKey(input, params.id, body.graceSeconds);
    const { secretsKey } = context.config.secrets;
    return { status: 200, body: presentNewKey(rotated, secretsKey) };
  },
);

export const deleteApiKey = route(
  {
    method: 'delete',
    path: '/v1/api-keys/{id}',
    operationId: 'apiKeys.revoke',
    tag: 'access',
    summary: 'Revoke an API key',
    description:
      'Revokes the key permanently. Within five seconds every process refuses the key and its ' +
      'buyer tokens.',
    access: shopsOnly,
    params: idParams,
    responses: {
      204: { description: 'The key is revoked.' },
      404: { description: 'The shop has no such key, or the key was revoked before.' },
    },
  },
  async (input) => {
    await revokeKey(input, input.params.id);
    return { status: 204 };
  },
);
