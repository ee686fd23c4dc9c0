import { z } from '@hono/zod-openapi';
import { EVENT_PATTERNS } from '../../shared/contract/events.ts';
import { sellers } from '../http/access.ts';
import { listTiedTo, pageQuery, pageResponses } from '../http/paging.ts';
import { route } from './context.ts';
import { listEvents } from './list-events.ts';
import { event } from './schemas.ts';

export const getEvents = route(
  {
    method: 'get',
    path: '/v1/events',
    operationId: 'events.list',
    tag: 'webhooks',
    summary: 'List events',
    description:
      'Lists the events of the last seven days, oldest first, in the form in which webhooks receive ' +
      'them. A shop sees the same events here that its webhooks can receive.',
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
        .describe('A type, or all types of one subject such as `order.*`.'),
    }),
    responses: pageResponses(event),
  },
  async ({ context, principal, query }) => {
    const { limit, cursor, since, type } = query;
    const name = listTiedTo('events', { shopId: principal.shopId, since, type });
    const from = new Date(since ?? 0);
    const list = { principal, name, since: from, type, limit, cursor };
    return { status: 200, body: await listEvents(context.store, list) };
  },
);
