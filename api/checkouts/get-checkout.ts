import { z } from '@hono/zod-openapi';
import type { CheckoutRecord } from '../../shared/store/collections/checkouts.ts';
import { storefronts } from '../http/access.ts';
import { idParams } from '../http/id-list.ts';
import { closeSignal } from '../http/node-request.ts';
import { preferWait, readPreferredWait } from '../http/prefer.ts';
import { type CheckoutsContext, route } from './context.ts';
import { presentCheckout, retryAfter, retryAfterDraw, type ShownPlace } from './present.ts';
import { checkout } from './schemas.ts';
import { waitForOutcome } from './wait-for-outcome.ts';

export const getCheckout = route(
  {
    method: 'get',
    path: '/v1/checkouts/{id}',
    operationId: 'checkouts.get',
    tag: 'checkouts',
    summary: 'Read a checkout and its outcome',
    description: 'A rejection is an outcome and not an error, so its status is 200 too.',
    access: storefronts('checkouts:write'),
    lane: 'status',
    extraMs: readPreferredWait,
    params: idParams,
    headers: z.object({ Prefer: preferWait }),
    responses: {
      200: {
        description: 'The checkout.',
        schema: checkout,
        headers: {
          'Retry-After':
            'Seconds to wait before reading an open checkout again, at most 60. For an entry in a ' +
            'draw they end when the draw closes, if that is earlier.',
        },
      },
      401: { description: 'The key or token is invalid, or ended during the wait.' },
      404: { description: 'The caller has no such checkout.' },
      429: {
        description: 'The quota is used up, or too many requests wait (`too_many_waits`).',
        headers: { 'Retry-After': 'Seconds.' },
      },
    },
  },
  async (input) => {
    const { c, params } = input;
    const waitMs = readPreferredWait(c);
    const signal = waitMs > 0 ? closeSignal(c) : undefined;
    const record = await waitForOutcome(input, params.id, { waitMs, signal });
    const body = await presentCheckout(input.context, record, input.principal);
    const headers = await findRetryAfter(input.context, record, body.queue);
    return { status: 200, body, ...(headers && { headers }) };
  },
);

/**
 * Returns the header that says when to read an open checkout again; undefined once it is settled.
 */
async function findRetryAfter(
  context: Pick<CheckoutsContext, 'clock' | 'drawCache'>,
  { status, drawId }: Pick<CheckoutRecord, 'status' | 'drawId'>,
  queue: ShownPlace | undefined,
) {
  if (queue !== undefined) return retryAfter(queue);
  return status === 'waiting' && drawId !== undefined ? retryAfterDraw(context, drawId) : undefined;
}
