import { z } from '@hono/zod-openapi';
import { shopsOnly } from '../../http/access.ts';
import { route } from '../context.ts';
import { rotateKey } from './change-key.ts';
import { newApiKey, presentNewKey, rotateRequest } from './schemas.ts';

export const postRotate = route(
  {
    method: 'post',
    path: '/v1/api-keys/{id}/rotate',
    operationId: 'apiKeys.rotate',
    tag: 'access',
    summary: 'Give an API key new secrets',
    description:
      'The key keeps its id. The old secrets work for `graceSeconds` more, one hour by default; ' +
      'rotate a leaked key with 0.',
    access: shopsOnly,
    params: z.object({ id: z.string() }),
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
