import type { z } from '@hono/zod-openapi';
import { refuseField } from '../../shared/domain/errors.ts';
import { everyCaller, sellers } from '../http/access.ts';
import type { idParams } from '../http/id-list.ts';
import { optionalIdempotencyKey } from '../http/idempotency-key.ts';
import type { RouteInput } from '../http/route.ts';
import { type OrdersContext, route } from './context.ts';
import { answerMove, badInput, move, moved, notAllowed } from './order-routes.ts';
import { returnRequest } from './reduction-schemas.ts';
import { cancelRequest } from './schemas.ts';

const badLines = {
  422: {
    description:
      'A variant is not in the order, or the Idempotency-Key was used for another request.',
  },
};

export const postCancel = route(
  {
    ...move,
    path: '/v1/orders/{id}/cancel',
    operationId: 'orders.cancel',
    summary: 'Cancel an order',
    description:
      'Its units can be bought again. The seller may cancel an order, or with `lines` a part of it, ' +
      'until it is sent. A buyer, or another shop’s storefront, may cancel it while it is pending. ' +
      'Repeating the call changes nothing; a repeat with `lines` needs the same Idempotency-Key.',
    access: everyCaller('orders:write'),
    headers: optionalIdempotencyKey,
    body: cancelRequest,
    responses: {
      ...moved,
      ...badInput,
      409: {
        description:
          'The order was sent or has expired; it is no longer pending and the caller is not the ' +
          'seller; or a line has fewer units that can be cancelled (`quantity_exceeded`).',
      },
      ...badLines,
    },
  },
  (input) => {
    const { reason, lines, charges } = input.body;
    if (charges !== undefined && input.principal.kind === 'buyer') {
      throw refuseField(
        'forbidden',
        'charges',
        'Buyers cannot set this; the seller decides which charges are given back.',
      );
    }
    const key = input.c.req.header('idempotency-key');
    return answerMove(input, { move: 'cancel', reason, lines, charges, idempotencyKey: key });
  },
);

const sellersReturn = {
  ...move,
  access: sellers('orders:write'),
  headers: optionalIdempotencyKey,
  body: returnRequest,
  isBodyOptional: true,
  responses: {
    ...moved,
    ...badInput,
    ...notAllowed,
    409: {
      description:
        'The order was not sent, or a line has fewer units that were sent and not yet returned or ' +
        'lost (`quantity_exceeded`).',
    },
    ...badLines,
  },
} as const;

const RETURN_EFFECT =
  'With `restock` the units can be bought again. `reductions` contains the refund. When no units ' +
  'of an order are left, its discount codes can be used again. For the seller only.';

export const postReturn = route(
  {
    ...sellersReturn,
    path: '/v1/orders/{id}/return',
    operationId: 'orders.return',
    summary: 'Record that units of an order came back',
    description: `For units that were sent, with the order or in parcels. ${RETURN_EFFECT}`,
  },
  (input) => answerReturn(input, 'return'),
);

export const postLost = route(
  {
    ...sellersReturn,
    path: '/v1/orders/{id}/lost',
    operationId: 'orders.lose',
    summary: 'Record that units of an order were lost on the way',
    description: `For units that were sent, with the order or in parcels. ${RETURN_EFFECT}`,
  },
  (input) => answerReturn(input, 'lose'),
);

type ReturnInput = RouteInput<
  z.output<typeof returnRequest>,
  undefined,
  z.output<typeof idParams>,
  OrdersContext
>;

function answerReturn(input: ReturnInput, name: 'return' | 'lose') {
  const { reason, lines, charges, restock } = input.body;
  return answerMove(input, {
    ...{ move: name, lines, charges, isRestocked: restock },
    ...(reason !== undefined && { reason }),
    idempotencyKey: input.c.req.header('idempotency-key'),
  });
}
