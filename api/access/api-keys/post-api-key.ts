import { shopsOnly } from '../../http/access.ts';
import { route } from '../../http/route.ts';
import { NOT_KEPT } from '../auth/open-session.ts';
import { issueKey } from './issue-key.ts';
import { presentNewKey } from './present-new-key.ts';
import { apiKeyRequest, newApiKey } from './schemas.ts';

export const postApiKey = route(
  {
    method: 'post',
    path: '/v1/api-keys',
    operationId: 'apiKeys.create',
    tag: 'access',
    summary: 'Make an API key',
    description: 'The key and its signing secret are told this once and stored nowhere.',
    access: shopsOnly,
    body: apiKeyRequest,
    responses: {
      201: { description: 'The key with its secrets.', schema: newApiKey },
      400: { description: 'Bad input.' },
    },
  },
  async (input) => {
    const issued = await issueKey(input, input.body);
    return { status: 201, body: presentNewKey(input.context, issued), headers: NOT_KEPT };
  },
);
