import { z } from '@hono/zod-openapi';
import { streamSSE } from 'hono/streaming';
import { storefronts } from '../http/access.ts';
import { route } from '../http/route.ts';
import { visibleTo } from './find-checkout.ts';
import { presentCheckout } from './present.ts';

const HEARTBEAT_MS = 10_000;
const STREAM_MS_MAX = 15 * 60 * 1_000;
/** Ids of the two events that a checkout can have; a client that returns names the last it saw. */
const QUEUED_EVENT = '1';
const FINAL_EVENT = '2';
/** A client whose stream was cut off comes back after this time. */
const RETRY_MS = 1_000;
const STREAM_HEADERS = {
  'content-type': 'text/event-stream',
  'x-accel-buffering': 'no', // nginx would hold events back until its buffer is full.
};

export const getCheckoutEvents = route(
  {
    method: 'get',
    path: '/v1/checkouts/{id}/events',
    operationId: 'checkouts.streamEvents',
    tag: 'checkouts',
    summary: 'Follow a checkout until it is settled',
    description:
      'Server-Sent Events: `checkout` with the checkout as data, first as it stands and then when ' +
      'it is final, `heartbeat` in between. Ends after the final one; a client that comes back with ' +
      'the id of that one in `Last-Event-ID` gets 204, which makes an EventSource stop. Any other ' +
      'id is as good as none.',
    access: storefronts('checkouts:write'),
    params: z.object({ id: z.string() }),
    query: z.strictObject({
      lastEventId: z
        .string()
        .max(64)
        .optional()
        .describe('For clients that cannot send `Last-Event-ID`, which goes before it.'),
    }),
    headers: z.object({ 'Last-Event-ID': z.string().optional() }),
    responses: {
      200: { description: 'A stream of the type text/event-stream.' },
      204: { description: 'Settled, and the client has seen the final event.' },
      404: { description: 'No such checkout of this caller.' },
    },
  },
  async ({ c, context, params, principal, query }) => {
    const lastSeen = c.req.header('last-event-id') ?? query.lastEventId;
    let record = visibleTo(principal, await context.outcomes.read(params.id));
    if (record.status !== 'queued' && lastSeen === FINAL_EVENT) return { status: 204 };
    if (c.req.method === 'HEAD') return { status: 200, headers: STREAM_HEADERS };
    const response = streamSSE(c, async (stream) => {
      const endAt = Date.now() + STREAM_MS_MAX;
      if (record.status === 'queued' && lastSeen !== QUEUED_EVENT) {
        const data = JSON.stringify(presentCheckout(record));
        const event = { event: 'checkout', id: QUEUED_EVENT, data, retry: RETRY_MS };
        await stream.writeSSE(event);
      }
      while (
        record.status === 'queued' &&
        !stream.aborted &&
        !context.outcomes.isStopping &&
        Date.now() < endAt
      ) {
        const now = await context.outcomes.settled(params.id, HEARTBEAT_MS);
        record = now ?? record;
        if (record.status === 'queued') await stream.writeSSE({ event: 'heartbeat', data: '' });
      }
      if (record.status === 'queued') return;
      const data = JSON.stringify(presentCheckout(record));
      await stream.writeSSE({ event: 'checkout', id: FINAL_EVENT, data, retry: RETRY_MS });
    });
    // Node frames the stream as the client's version of HTTP asks, and closes it while draining.
    for (const name of ['connection', 'transfer-encoding']) response.headers.delete(name);
    for (const [name, value] of Object.entries(STREAM_HEADERS)) response.headers.set(name, value);
    return response;
  },
);
