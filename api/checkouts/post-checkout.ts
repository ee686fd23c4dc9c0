import { z } from '@hono/zod-openapi';
import { storefronts } from '../http/access.ts';
import {
  checkIdempotencyKey,
  idempotencyKey,
  ownIdempotencyKey,
  REPLAY_HEADER,
  replayHeader,
} from '../http/idempotency-key.ts';
import { acceptCheckout } from './accept-checkout.ts';
import { route } from './context.ts';
import { withBuyer } from './freeze-checkout.ts';
import { presentAccepted } from './present.ts';
import { acceptedCheckout, checkoutRequest } from './schemas.ts';

export const postCheckout = route(
  {
    method: 'post',
    path: '/v1/checkouts',
    operationId: 'checkouts.create',
    tag: 'checkouts',
    summary: 'Place a checkout',
    description:
      'Freezes prices, stores the checkout and answers at once; a worker settles it. After a 503 ' +
      'or a cut connection the outcome is unknown: repeat with the same Idempotency-Key.',
    access: storefronts('checkouts:write'),
    headers: z.object({
      'Idempotency-Key': idempotencyKey.describe(
        'The caller’s name for this request, kept for 24 hours.',
      ),
    }),
    body: checkoutRequest,
    responses: {
      202: {
        description: 'Stored. Repeats under the same key get the same answer.',
        schema: acceptedCheckout,
        headers: {
          Location: 'Where its outcome will be.',
          'Retry-After': 'Seconds after which to ask for it.',
          ...REPLAY_HEADER,
        },
      },
      400: { description: 'Bad input, no buyer, or no usable Idempotency-Key.' },
      403: {
        description:
          'No scope, another buyer than the one who calls, or a shop that does not let this ' +
          'storefront sell for it (`storefront_not_allowed`).',
      },
      404: { description: 'No such cart of this caller, or it has expired.' },
      409: { description: 'The cart is checked out: `checkoutId` names the checkout.' },
      422: {
        description:
          'Unknown variant, mixed currencies, a quantity it is not sold in, an empty cart, or the ' +
          'key of another request.',
      },
      503: { description: 'Not known to be stored: repeat with the same key.' },
    },
  },
  async ({ body, c, context, principal, receivedAt }) => {
    const key = checkIdempotencyKey(c.req.header('idempotency-key'));
    const { record, isReplay } = await acceptCheckout(context, {
      principal,
      idempotencyKey: ownIdempotencyKey(principal, key),
      request: withBuyer(principal, body),
      receivedAt,
    });
    const headers = {
      location: `/v1/checkouts/${record._id}`,
      'retry-after': '1',
      ...replayHeader(isReplay),
    };
    return { status: 202, body: presentAccepted(record), headers };
  },
);
