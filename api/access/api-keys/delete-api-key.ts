import { z } from '@hono/zod-openapi';
import { shopsOnly } from '../../http/access.ts';
import { route } from '../../http/route.ts';
import { revokeKey } from './revoke-key.ts';

export const deleteApiKey = route(
  {
    method: 'delete',
    path: '/v1/api-keys/{id}',
    operationId: 'apiKeys.revoke',
    tag: 'access',
    summary: 'Revoke an API key',
    description:
      'For good: within five seconds no process takes it any more, nor the buyers it let in.',
    access: shopsOnly,
    params: z.object({ id: z.string() }),
    responses: {
      204: { description: 'It is revoked.' },
      404: { description: 'No such key of the caller’s shop, or it was revoked before.' },
    },
  },
  async (input) => {
    await revokeKey(input, input.params.id);
    return { status: 204 };
  },
);
