import { z } from '@hono/zod-openapi';
import { streamSSE } from 'hono/streaming';
import { isOpenStatus } from '../../shared/domain/vocabulary.ts';
import { storefronts } from '../http/access.ts';
import { idParams } from '../http/id-list.ts';
import { route } from './context.ts';
import { checkoutEventsExample } from './examples.ts';
import { FINAL_EVENT, streamOutcome } from './stream-outcome.ts';
import { requireVisible } from './wait-for-outcome.ts';

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
      'Streams Server-Sent Events. `checkout` contains the checkout: once in its current state, ' +
      'again if it begins to wait, at most every five seconds while its place in the queue changes, ' +
      'and again when it is settled. `heartbeat` is sent in between. The stream ends after the final ' +
      'event. A client that reconnects with the id of the final event in `Last-Event-ID` gets 204, ' +
      'which stops an EventSource. With the id of an earlier event, the current state is sent at ' +
      'once only if it has changed since or has a place in the queue. Other ids are ignored. If the ' +
      'key or token ends, an `error` event with a problem document ends the stream within 5 s.',
    access: storefronts('checkouts:write'),
    lane: 'status',
    params: idParams,
    query: z.strictObject({
      lastEventId: z
        .string()
        .max(64)
        .optional()
        .describe('For clients that cannot send `Last-Event-ID`. The header overrides it.'),
    }),
    headers: z.object({ 'Last-Event-ID': z.string().optional() }),
    responses: {
      200: {
        description: 'The events. The data of each `checkout` event is a `Checkout`.',
        media: { 'text/event-stream': checkoutEventsExample },
      },
      204: { description: 'The checkout is settled, and the client has seen the final event.' },
      404: { description: 'The caller has no such checkout.' },
      429: {
        description: 'The quota is used up, or too many streams are open (`too_many_waits`).',
        headers: { 'Retry-After': 'Seconds.' },
      },
    },
  },
  async (input) => {
    const { c, context, params, principal, query } = input;
    const lastSeen = c.req.header('last-event-id') ?? query.lastEventId;
    const record = requireVisible(principal, await context.outcomes.read(params.id));
    const isOpen = isOpenStatus(record.status);
    if (!isOpen && lastSeen === FINAL_EVENT) return { status: 204 };
    if (c.req.method === 'HEAD') return { status: 200, headers: STREAM_HEADERS };
    const leave = isOpen ? context.waitSlots.take('stream', principal) : undefined;
    const response = streamSSE(c, (stream) =>
      streamOutcome(stream, input, { record, lastSeen }).finally(leave),
    );
    // Node sets these two for the client's HTTP version, and closes connections during a drain.
    for (const name of ['connection', 'transfer-encoding']) response.headers.delete(name);
    for (const [name, value] of Object.entries(STREAM_HEADERS)) response.headers.set(name, value);
    return response;
  },
);
