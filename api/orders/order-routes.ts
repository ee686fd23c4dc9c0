import type { z } from '@hono/zod-openapi';
import { everyCaller, sellers } from '../http/access.ts';
import { idParams } from '../http/id-list.ts';
import { toPage } from '../http/paging.ts';
import { changeDetails } from './change-details.ts';
import { correctOrder, extendOrder, moveOrder } from './change-order.ts';
import { isCorrection, orderChanges } from './change-schemas.ts';
import { route } from './context.ts';
import { listOrders } from './list-orders.ts';
import type { MoveRequest } from './move-request.ts';
import { findOrder } from './order-store.ts';
import { presentOrder } from './present-order.ts';
import { confirmRequest, extendRequest, order, ordersQuery, shipRequest } from './schemas.ts';

const common = { tag: 'orders' } as const;
const byId = { ...common, params: idParams } as const;
/** The parts that the routes of all moves share. */
export const move = { ...byId, method: 'post' } as const;

const notFound = { 404: { description: 'There is no such order, or the caller may not see it.' } };
export const badInput = { 400: { description: 'Bad input.' } };
export const moved = {
  200: { description: 'The order after the move.', schema: order },
  ...notFound,
};
export const notAllowed = {
  403: {
    description:
      'The scope is missing, or the seller does not allow the storefront to do this ' +
      '(`storefront_not_allowed`).',
  },
};

export const getOrders = route(
  {
    ...common,
    method: 'get',
    path: '/v1/orders',
    operationId: 'orders.list',
    summary: 'List orders',
    description:
      'Orders placed with any key of the shop and orders that the shop sells, the last placed ' +
      'first by default. A buyer sees its own orders. With `q` or `updatedSince` a page may have fewer ' +
      'orders than `limit` and still not be the last.',
    access: everyCaller('orders:read'),
    query: ordersQuery,
    responses: {
      200: { description: 'A page.', schema: toPage(order) },
      400: { description: 'Bad input, or a cursor of another list or of other filters.' },
    },
  },
  async ({ context, principal, query }) => ({
    status: 200,
    body: await listOrders(context.store, principal, query),
  }),
);

export const getOrder = route(
  {
    ...byId,
    method: 'get',
    path: '/v1/orders/{id}',
    operationId: 'orders.get',
    summary: 'Get an order',
    description: 'With its lines, amounts and history.',
    access: everyCaller('orders:read'),
    responses: { 200: { description: 'The order.', schema: order }, ...notFound },
  },
  async ({ context, params, principal }) => {
    const record = await findOrder(context.store, principal, params.id);
    return { status: 200, body: presentOrder(record, principal) };
  },
);

export const patchOrder = route(
  {
    ...byId,
    method: 'patch',
    path: '/v1/orders/{id}',
    operationId: 'orders.update',
    summary: 'Change an order’s address, contact, note or metadata, or correct how it was sent',
    description:
      'The shop that sells the order and its storefront can change address, contact and note while ' +
      'the order is pending or confirmed; `null` removes the field. The selling shop changes its ' +
      '`metadata` key by key, and corrects tracking reference and carrier once the order is shipped. ' +
      'The history and the audit record keep the previous values of a correction, but only the names ' +
      'of other changed fields. Repeating the call changes nothing.',
    access: sellers('orders:write'),
    body: orderChanges,
    responses: {
      200: { description: 'The order after the change.', schema: order },
      ...badInput,
      403: {
        description:
          'The scope is missing, or only the shop that sells the order may do this ' +
          '(`storefront_not_allowed`).',
      },
      ...notFound,
      409: {
        description:
          'Tracking cannot be corrected because the order is neither shipped nor delivered, or ' +
          'another order has the reference; address, contact and note cannot be changed because ' +
          'the order is neither pending nor confirmed; or the order was changed too often.',
      },
    },
  },
  async (input) => {
    const { trackingReference, carrier, ...amendment } = input.body;
    const changed = isCorrection(input.body)
      ? await correctOrder(input, input.params.id, { trackingReference, carrier })
      : await changeDetails(input, input.params.id, amendment);
    return { status: 200, body: presentOrder(changed, input.principal) };
  },
);

/** Moves the order of a request and returns the response with the moved order. */
export async function answerMove(
  input: Parameters<typeof moveOrder>[0] & { readonly params: z.output<typeof idParams> },
  request: Omit<MoveRequest, 'orderId'>,
) {
  const order = await moveOrder(input, { orderId: input.params.id, ...request });
  return { status: 200, body: presentOrder(order, input.principal) };
}

export const postConfirm = route(
  {
    ...move,
    path: '/v1/orders/{id}/confirm',
    operationId: 'orders.confirm',
    summary: 'Confirm that an order is paid',
    description:
      'Its units leave the stock. Repeating the call changes nothing; a repeat with another payment ' +
      'is refused. With `reacquire` an order whose reservation has ended takes its units again, if ' +
      'they are still available. For the shop that sells the order, and for storefronts that this ' +
      'shop lists with `mayConfirm`.',
    access: sellers('orders:write'),
    body: confirmRequest,
    isBodyOptional: true,
    responses: {
      ...moved,
      ...badInput,
      ...notAllowed,
      409: {
        description:
          'The order is no longer pending, has another payment, or its reservation has ended. With ' +
          '`reacquire`, `rejection` contains why the order cannot take its units again.',
      },
    },
  },
  (input) =>
    answerMove(input, {
      move: 'confirm',
      details: { paymentReference: input.body.paymentReference },
      ...(input.body.reacquire === true && { isReacquiring: true }),
    }),
);

export const postExtend = route(
  {
    ...move,
    path: '/v1/orders/{id}/extend',
    operationId: 'orders.extend',
    summary: 'Hold the units of a pending order longer',
    description:
      'Moves `reservedUntil` by `seconds`, to at most `RESERVATION_MAX_S` (3,600 s by default) after ' +
      'the order was placed. For callers who may confirm the order.',
    access: sellers('orders:write'),
    body: extendRequest,
    responses: {
      200: { description: 'The order with its new `reservedUntil`.', schema: order },
      ...badInput,
      ...notAllowed,
      ...notFound,
      409: {
        description:
          'The order is no longer pending, its reservation has ended, or it was extended 100 times.',
      },
      422: {
        description: 'The reservation would end later than allowed (`reservation_too_long`).',
      },
    },
  },
  async (input) => {
    const extended = await extendOrder(input, input.params.id, input.body.seconds);
    return { status: 200, body: presentOrder(extended, input.principal) };
  },
);

export const postShip = route(
  {
    ...move,
    path: '/v1/orders/{id}/ship',
    operationId: 'orders.ship',
    summary: 'Record that an order was sent',
    description:
      'Repeating the call changes nothing; a repeat with another reference or carrier is refused. ' +
      'For the seller only.',
    access: sellers('orders:write'),
    body: shipRequest,
    isBodyOptional: true,
    responses: {
      ...moved,
      ...badInput,
      ...notAllowed,
      409: {
        description:
          'The order is not confirmed, was sent with another reference or carrier, or another order ' +
          'has the reference.',
      },
    },
  },
  (input) => answerMove(input, { move: 'ship', details: input.body }),
);

export const postDeliver = route(
  {
    ...move,
    path: '/v1/orders/{id}/deliver',
    operationId: 'orders.deliver',
    summary: 'Record that an order has arrived',
    description: 'Repeating the call changes nothing. For the seller only.',
    access: sellers('orders:write'),
    responses: { ...moved, ...notAllowed, 409: { description: 'The order was not sent.' } },
  },
  (input) => answerMove(input, { move: 'deliver' }),
);
