import { z } from '@hono/zod-openapi';
import { refuseField } from '../../shared/domain/errors.ts';
import { everyCaller, sellers } from '../http/access.ts';
import type { idParams } from '../http/id-list.ts';
import { idempotencyKey } from '../http/idempotency-key.ts';
import type { RouteInput } from '../http/route.ts';
import { type OrdersContext, route } from './context.ts';
import { answerMove, badInput, move, moved, notAllowed } from './order-routes.ts';
import { returnRequest } from './reduction-schemas.ts';
import { cancelRequest } from './schemas.ts';

const badLines = {
  422: {
    description: 'A variant that is not in the order, or the key was used for another request.',
  },
};
const onceHeader = z.object({
  'Idempotency-Key': idempotencyKey
    .optional()
    .describe(
      'A key that you choose for this request. Repeats with the same key change nothing more. ' +
        'Keys do not expire.',
    ),
});

export const postCancel = route(
  {
    ...move,
    path: '/v1/orders/{id}/cancel',
    operationId: 'orders.cancel',
    summary: 'Cancel an order',
    description:
      'Its units can be bought again. The seller may cancel an order, or with `lines` a part of it, ' +
      'until it is sent; a buyer, or another shop’s storefront, while it is pending. Repeating ' +
      'the call changes nothing; with `lines` it needs the same Idempotency-Key for that.',
    access: everyCaller('orders:write'),
    headers: onceHeader,
    body: cancelRequest,
    responses: {
      ...moved,
      ...badInput,
      409: {
        description:
          'It was sent or has expired; the caller is not the seller and it is no longer pending; ' +
          'or a line has fewer units that can be cancelled (`quantity_exceeded`).',
      },
      ...badLines,
    },
  },
  (input) => {
    const { reason, lines, charges } = input.body;
    if (charges !== undefined && input.principal.kind === 'buyer') {
      throw refuseField('forbidden', 'charges', 'Buyers do not decide about charges.');
    }
    const key = input.c.req.header('idempotency-key');
    return answerMove(input, { move: 'cancel', reason, lines, charges, idempotencyKey: key });
  },
);

const sellersReturn = {
  ...move,
  access: sellers('orders:write'),
  headers: onceHeader,
  body: returnRequest,
  isBodyOptional: true,
  responses: {
    ...moved,
    ...badInput,
    ...notAllowed,
    409: {
      description: 'It was not sent, or fewer units were sent and are left (`quantity_exceeded`).',
    },
    ...badLines,
  },
} as const;

const RETURN_EFFECT =
  'With `restock` the units can be bought again. `reductions` has the refund. An order of ' +
  'which no units are left gives its discount codes back. For the seller only.';

export const postReturn = route(
  {
    ...sellersReturn,
    path: '/v1/orders/{id}/return',
    operationId: 'orders.return',
    summary: 'Record that units of an order came back',
    description: `Units of an order that was sent, or of its parcels. ${RETURN_EFFECT}`,
  },
  (input) => answerReturn(input, 'return'),
);

export const postLost = route(
  {
    ...sellersReturn,
    path: '/v1/orders/{id}/lost',
    operationId: 'orders.lose',
    summary: 'Record that units of an order were lost on the way',
    description: `Units of an order that was sent, or of its parcels. ${RETURN_EFFECT}`,
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
