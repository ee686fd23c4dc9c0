import { z } from '@hono/zod-openapi';
import { shopsOnly } from '../../http/access.ts';
import { route } from '../../http/route.ts';
import { NOT_KEPT } from '../auth/open-session.ts';
import { presentNewKey } from './present-new-key.ts';
import { rotateKey } from './rotate-key.ts';
import { newApiKey, rotateRequest } from './schemas.ts';

export const postRotate = route(
  {
    method: 'post',
    path: '/v1/api-keys/{id}/rotate',
    operationId: 'apiKeys.rotate',
    tag: 'access',
    summary: 'Give an API key new secrets',
    description:
      'It keeps its id and what it made. As it was it works for `graceSeconds` more, an hour ' +
      'unless told; one that has leaked is rotated with 0.',
    access: shopsOnly,
    params: z.object({ id: z.string() }),
    body: rotateRequest,
    isBodyOptional: true,
    responses: {
      200: { description: 'The key with its new secrets.', schema: newApiKey },
      400: { description: 'Bad input.' },
      404: { description: 'No such key of the caller’s shop.' },
    },
  },
  async (input) => {
    const { body, context, params } = input;
    const rotated = await rotateKey(input, params.id, body.graceSeconds);
    return { status: 200, body: presentNewKey(context, rotated), headers: NOT_KEPT };
  },
);
