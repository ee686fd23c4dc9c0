import { z } from '@hono/zod-openapi';
import { shopsOnly } from '../../http/access.ts';
import { idFromCursor, pageFrom, pageQuery, toPage } from '../../http/paging.ts';
import { route } from '../context.ts';
import { listKeys } from './list-keys.ts';
import { apiKey, presentApiKey } from './schemas.ts';

const LIST = 'api-keys';

export const getApiKeys = route(
  {
    method: 'get',
    path: '/v1/api-keys',
    operationId: 'apiKeys.list',
    tag: 'access',
    summary: 'List API keys',
    description: 'Keys of the shop that are not revoked, newest first, without their secrets.',
    access: shopsOnly,
    query: z.strictObject(pageQuery),
    responses: {
      200: { description: 'A page.', schema: toPage(apiKey) },
      400: { description: 'Bad input, or a cursor of another list.' },
    },
  },
  async ({ context, principal, query }) => {
    const { limit, cursor } = query;
    const after = idFromCursor(LIST, cursor);
    const found = await listKeys(context.store, principal, { limit, after });
    return { status: 200, body: pageFrom(LIST, found, limit, presentApiKey) };
  },
);
