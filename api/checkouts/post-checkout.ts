import { z } from '@hono/zod-openapi';
import type { Context } from 'hono';
import { isOpenStatus } from '../../shared/domain/vocabulary.ts';
import type { CheckoutRecord } from '../../shared/store/collections/checkouts.ts';
import { storefronts } from '../http/access.ts';
import {
  checkIdempotencyKey,
  idempotencyKey,
  ownIdempotencyKey,
  REPLAY_HEADER,
  replayHeader,
} from '../http/idempotency-key.ts';
import { closeSignal } from '../http/node-request.ts';
import { preferWait, readPreferredWait } from '../http/prefer.ts';
import type { Principal } from '../http/principal.ts';
import { acceptCheckout } from './accept-checkout.ts';
import { type CheckoutsContext, route } from './context.ts';
import { withBuyer } from './freeze-checkout.ts';
import {
  presentAccepted,
  presentCheckout,
  retryAfter,
  retryAfterDraw,
  toQueuedEntry,
} from './present.ts';
import { acceptedCheckout, checkout, checkoutRequest } from './schemas.ts';
import { tryToWait } from './wait-for-outcome.ts';

export const postCheckout = route(
  {
    method: 'post',
    path: '/v1/checkouts',
    operationId: 'checkouts.create',
    tag: 'checkouts',
    summary: 'Place a checkout',
    description:
      'Freezes prices, stores the checkout and responds at once; a worker settles it later. With ' +
      '`Prefer: wait=N` the response waits for the outcome. After a 503 ' +
      '`service_unavailable` or a lost connection the outcome is unknown; after a 503 `overloaded` ' +
      'nothing was stored. In each case repeat the request with the same Idempotency-Key.',
    access: storefronts('checkouts:write'),
    lane: 'checkout',
    headers: z.object({
      'Idempotency-Key': idempotencyKey.describe(
        'The caller’s id of this request, kept for 24 hours.',
      ),
      Prefer: preferWait,
    }),
    extraMs: readPreferredWait,
    body: checkoutRequest,
    responses: {
      200: {
        description: 'With `Prefer: wait=N`: the checkout with its outcome, as `GET` returns it.',
        schema: checkout,
        headers: { Location: 'The URL of the checkout.', ...REPLAY_HEADER },
      },
      202: {
        description:
          'The checkout is stored. It is `queued`, `waiting` if it enters a draw, or already ' +
          '`rejected` because a variant was known to be sold out. Repeats with the same key and ' +
          'without `Prefer` get the same response.',
        schema: acceptedCheckout,
        headers: {
          Location: 'The URL of the checkout and its outcome.',
          'Retry-After': 'Seconds to wait before reading the checkout; absent if it is rejected.',
          ...REPLAY_HEADER,
        },
      },
      400: { description: 'Invalid input, no buyer, or no valid Idempotency-Key.' },
      403: {
        description:
          'A missing scope, a buyer other than the caller, or a shop that does not let this ' +
          'storefront sell its products (`storefront_not_allowed`), or does not list it where a wait ' +
          'or a draw requires that (`storefront_not_listed`); in production `reservationSeconds` ' +
          '(`outside_production_only`).',
      },
      404: { description: 'The caller has no such cart, or it has expired.' },
      409: {
        description:
          'The cart is checked out by the checkout `checkoutId`; or the sale of a product has not ' +
          'started (`not_on_sale_yet`) or has ended (`sale_over`); or the buyer already waits for ' +
          'one of the variants, with the checkout `checkoutId` (`already_waiting`); or the draw has ' +
          'not opened (`draw_not_open_yet`), accepts no more entries (`draw_closed`, `draw_full`), ' +
          'or already has an entry of this buyer, the checkout `checkoutId` (`already_entered`).',
        headers: { 'Retry-After': 'Seconds until the sale starts or the draw opens.' },
      },
      422: {
        description:
          'An unknown variant, mixed currencies, a quantity that a variant is not sold in, an empty ' +
          'cart, a key that was used for another request, or lines that cannot enter the draw.',
      },
      503: {
        description:
          '`overloaded`: nothing was stored, and a repeat after `Retry-After` is accepted if the load ' +
          'has gone down by then. `service_unavailable`: the outcome is unknown. Repeat the request ' +
          'with the same key.',
        headers: { 'Retry-After': 'Seconds.' },
      },
    },
  },
  async (input) => {
    const { body, c, context, principal, receivedAt, requestId } = input;
    const { record, isReplay } = await acceptCheckout(context, {
      principal,
      idempotencyKey: readKey(c, principal),
      request: withBuyer(principal, body),
      receivedAt,
    });
    context.log.debug({ requestId, checkoutId: record._id }, 'accepted');
    const headers = { location: `/v1/checkouts/${record._id}`, ...replayHeader(isReplay) };
    const waitMs = readPreferredWait(c);
    if (waitMs > 0) {
      if (!isOpenStatus(record.status)) {
        return { status: 200, body: await presentCheckout(context, record, principal), headers };
      }
      input.beginWaiting();
      const outcome = await tryToWait(input, { record, isReplay, waitMs, signal: closeSignal(c) });
      if (outcome !== undefined) {
        return { status: 200, body: await presentCheckout(context, outcome, principal), headers };
      }
    }
    const accepted = presentAccepted(record);
    const retryHeader = accepted.status !== 'rejected' && (await findRetryAfter(context, record));
    return { status: 202, body: accepted, headers: { ...headers, ...retryHeader } };
  },
);

/** @throws RefusedError without a valid Idempotency-Key */
function readKey(c: Context, principal: Principal): string {
  return ownIdempotencyKey(principal, checkIdempotencyKey(c.req.header('idempotency-key')));
}

/**
 * Returns the `Retry-After` header: the time until the checkout is probably settled, or until its
 * draw closes.
 */
async function findRetryAfter(
  context: Pick<CheckoutsContext, 'clock' | 'drawCache' | 'queuePlaces'>,
  record: CheckoutRecord,
) {
  if (record.drawId !== undefined) return retryAfterDraw(context, record.drawId);
  return retryAfter(context.queuePlaces.findNew(toQueuedEntry(record)));
}
