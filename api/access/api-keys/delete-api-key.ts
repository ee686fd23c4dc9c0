import { z } from '@hono/zod-openapi';
import { shopsOnly } from '../../http/access.ts';
import { route } from '../context.ts';
import { revokeKey } from './change-key.ts';

export const deleteApiKey = route(
  {
    method: 'delete',
    path: '/v1/api-keys/{id}',
    operationId: 'apiKeys.revoke',
    tag: 'access',
    summary: 'Revoke an API key',
    description:
      'Ends the key for good. Within five seconds every process refuses it and its buyer tokens.',
    access: shopsOnly,
    params: z.object({ id: z.string() }),
    responses: {
      204: { description: 'The key is revoked.' },
      404: { description: 'The shop has no such key, or it was revoked before.' },
    },
  },
  async (input) => {
    await revokeKey(input, input.params.id);
    return { status: 204 };
  },
);
