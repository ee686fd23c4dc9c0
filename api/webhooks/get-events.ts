import { z } from '@hono/zod-openapi';
import { EVENT_PATTERNS } from '../../shared/contract/events.ts';
import { sellers } from '../http/access.ts';
import { listTiedTo, pageOf, pageQuery } from '../http/paging.ts';
import { route } from './context.ts';
import { listEvents } from './list-events.ts';
import { event } from './schemas.ts';

export const getEvents = route(
  {
    method: 'get',
    path: '/v1/events',
    operationId: 'events.list',
    tag: 'webhooks',
    summary: 'List what happened',
    description:
      'The events of the last seven days that the shop’s webhooks were or would have been sent, ' +
      'the oldest first, exactly as they are sent.',
    access: sellers('webhooks:write'),
    query: z.strictObject({
      ...pageQuery,
      since: z.iso
        .datetime({ offset: true })
        .optional()
        .describe('Events of this time or later, such as `2030-01-31T12:00:00Z`.'),
      type: z
        .enum(EVENT_PATTERNS)
        .default('*')
        .describe('A type, or all of one subject: `order.*`.'),
    }),
    responses: {
      200: { description: 'A page.', schema: pageOf(event) },
      400: { description: 'Bad input, or a cursor of another list.' },
    },
  },
  async ({ context, principal, query }) => {
    const { limit, cursor, since, type } = query;
    const name = listTiedTo('events', { shopId: principal.shopId, since, type });
    const from = new Date(since ?? 0);
    const list = { principal, name, since: from, type, limit, cursor };
    return { status: 200, body: await listEvents(context.store, list) };
  },
);
