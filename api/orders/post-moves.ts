import { z } from '@hono/zod-openapi';
import { viewOrder } from '../../shared/views/order-view.ts';
import { type Access, everyCaller, sellers } from '../http/access.ts';
import type { RouteSpec } from '../http/route.ts';
import { type MoveRequest, moveOrder } from './change-order.ts';
import { route } from './context.ts';
import { cancelRequest, confirmRequest, order, shipRequest } from './schemas.ts';

const params = z.object({ id: z.string() });

type Move = MoveRequest['move'];

interface MoveSpec<Body extends z.ZodType | undefined> {
  readonly summary: string;
  readonly description: string;
  readonly access: Access;
  readonly body?: Body;
  readonly isBodyOptional?: boolean;
  /** What a 409 means. */
  readonly conflict: string;
}

const NOT_ALLOWED = {
  description:
    'No scope, or the seller does not allow the storefront to do this (`storefront_not_allowed`).',
};

function moveSpec<Body extends z.ZodType | undefined = undefined>(
  move: Move,
  { conflict, ...spec }: MoveSpec<Body>,
): RouteSpec<Body, undefined, typeof params> {
  const isForBuyers = move === 'cancel';
  return {
    ...spec,
    method: 'post',
    path: `/v1/orders/{id}/${move}`,
    operationId: `orders.${move}`,
    tag: 'orders',
    params,
    responses: {
      200: { description: 'The order after the move.', schema: order },
      ...(spec.body && { 400: { description: 'Bad input.' } }),
      ...(!isForBuyers && { 403: NOT_ALLOWED }),
      404: { description: 'No such order that the caller may see.' },
      409: { description: conflict },
    },
  };
}

async function answerMove(
  input: Parameters<typeof moveOrder>[0] & { readonly params: z.output<typeof params> },
  request: Omit<MoveRequest, 'orderId'>,
) {
  const moved = await moveOrder(input, { orderId: input.params.id, ...request });
  return { status: 200, body: viewOrder(moved) };
}

export const postConfirm = route(
  moveSpec('confirm', {
    summary: 'Confirm an order: it is paid',
    description:
      'Its units leave the stock. Repeating the call changes nothing, unless it names another ' +
      'payment. For the shop that sells it, and for storefronts that this shop lists with ' +
      '`mayConfirm`.',
    access: sellers('orders:write'),
    body: confirmRequest,
    isBodyOptional: true,
    conflict: 'It is no longer pending, has another payment, or its reservation has ended.',
  }),
  (input) => answerMove(input, { move: 'confirm', details: input.body }),
);

export const postCancel = route(
  moveSpec('cancel', {
    summary: 'Cancel an order',
    description:
      'Its units can be bought again. Repeating the call changes nothing. The seller may cancel an ' +
      'order until it is sent; a buyer, or another shop’s storefront, while it is pending.',
    access: everyCaller('orders:write'),
    body: cancelRequest,
    conflict:
      'It was sent or has expired; or the caller is not the seller and it is no longer pending.',
  }),
  (input) => answerMove(input, { move: 'cancel', reason: input.body.reason }),
);

export const postShip = route(
  moveSpec('ship', {
    summary: 'Note that an order was sent',
    description:
      'Repeating the call changes nothing, unless it names another parcel. For the seller only.',
    access: sellers('orders:write'),
    body: shipRequest,
    isBodyOptional: true,
    conflict: 'It is not confirmed, has another parcel, or the reference belongs to another order.',
  }),
  (input) => answerMove(input, { move: 'ship', details: input.body }),
);

export const postDeliver = route(
  moveSpec('deliver', {
    summary: 'Note that an order has arrived',
    description: 'Repeating the call changes nothing. For the seller only.',
    access: sellers('orders:write'),
    conflict: 'It was not sent.',
  }),
  (input) => answerMove(input, { move: 'deliver' }),
);
