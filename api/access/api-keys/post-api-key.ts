import { API_KEYS_PER_SHOP_MAX } from '../../../shared/contract/limits.ts';
import { shopsOnly } from '../../http/access.ts';
import { route } from '../context.ts';
import { issueKey } from './issue-key.ts';
import { apiKeyRequest, newApiKey, presentNewKey } from './schemas.ts';

export const postApiKey = route(
  {
    method: 'post',
    path: '/v1/api-keys',
    operationId: 'apiKeys.create',
    tag: 'access',
    summary: 'Make an API key',
    description:
      'The answer is the only one that contains the key and its signing secret; neither is stored. ' +
      `A shop has ${API_KEYS_PER_SHOP_MAX} keys at most, and one that was revoked or has expired ` +
      'counts for a minute more.',
    access: shopsOnly,
    body: apiKeyRequest,
    responses: {
      201: { description: 'The key with its secrets.', schema: newApiKey },
      400: { description: 'Bad input.' },
      409: { description: 'The shop has as many keys as it may (`too_many_keys`).' },
    },
  },
  async (input) => {
    const { secretsKey } = input.context.config.secrets;
    const issued = await issueKey(input, input.body);
    return { status: 201, body: presentNewKey(issued, secretsKey) };
  },
);
