import { z } from '@hono/zod-openapi';
import { buyerId as buyerIdParameter, resolveBuyer } from '../access/buyer.ts';
import { storefronts } from '../http/access.ts';
import { ifMatchHeader, toEtag } from '../http/etag.ts';
import { idParams } from '../http/id-list.ts';
import { type PageRequest, pageQuery, readPage, toPage } from '../http/paging.ts';
import type { RouteInput } from '../http/route.ts';
import { listCarts } from './cart-store.ts';
import {
  acknowledgeCart,
  type CartTarget,
  createCart,
  dropCart,
  writeCartLine,
} from './change-cart.ts';
import { route } from './context.ts';
import { presentCart, summariseCart } from './present-cart.ts';
import {
  cart,
  cartLineParams,
  cartRequest,
  cartSummary,
  lineRequest,
  quantityRequest,
} from './schemas.ts';
import { type CartView, readCart } from './view-cart.ts';

const commonSpec = { tag: 'carts', access: storefronts('carts:write') } as const;
const cartSpec = { ...commonSpec, params: idParams } as const;
const changeSpec = { ...cartSpec, headers: ifMatchHeader } as const;
const changeLineSpec = { ...changeSpec, params: cartLineParams } as const;

const ETag = 'The revision of the cart, for `If-Match`.';
const shownCart = { 200: { description: 'The cart.', schema: cart, headers: { ETag } } };
const notFound = { 404: { description: 'The caller has no such cart, or it has expired.' } };
const dropRefusals = {
  ...notFound,
  400: { description: '`If-Match` is invalid.' },
  412: {
    description: 'The cart has been changed since the revision in `If-Match`. Read it again.',
  },
  503: {
    description:
      'The outcome is unknown, so read the cart to see whether it was changed. With `overloaded` it ' +
      'was not changed.',
  },
};
const changeRefusals = {
  ...dropRefusals,
  409: {
    description:
      'The cart is checked out: its checkout `checkoutId` is queued or waiting, or has an order that ' +
      'is neither cancelled nor expired.',
  },
};
/** The refusals of routes that write a line. */
const lineRefusals = {
  400: { description: 'Invalid input.' },
  403: {
    description:
      'A missing scope, or a shop that does not let this storefront sell its products ' +
      '(`storefront_not_allowed`).',
  },
  422: {
    description:
      'A variant that is unknown, not for sale or has another currency; a quantity in which the ' +
      'variant is not sold; too many lines; or a total above 10^12 minor units.',
  },
};

function toTarget(input: RouteInput<unknown, unknown, { id: string }, unknown>): CartTarget {
  const { principal, params, c } = input;
  return { principal, cartId: params.id, ifMatch: c.req.header('if-match') };
}

function answerCart(view: CartView) {
  return { status: 200, body: presentCart(view), headers: { etag: toEtag(view.cart.revision) } };
}

export const postCart = route(
  {
    ...commonSpec,
    method: 'post',
    path: '/v1/carts',
    operationId: 'carts.create',
    summary: 'Create a cart',
    description: 'The cart expires after 30 days without a change.',
    body: cartRequest,
    isBodyOptional: true,
    responses: {
      201: { ...shownCart[200], headers: { ETag, Location: 'The URL of the cart.' } },
      ...lineRefusals,
      403: {
        description:
          'A missing scope, a `buyerId` other than that of the buyer token, or a shop that does not let this ' +
          'storefront sell its products (`storefront_not_allowed`).',
      },
    },
  },
  async ({ body, context, principal }) => {
    const { buyerId, lines = [] } = body;
    const owner = { principal, buyerId: resolveBuyer(principal, buyerId) };
    const view = await createCart(context, owner, lines);
    const answer = answerCart(view);
    const location = `/v1/carts/${view.cart._id}`;
    return { ...answer, status: 201, headers: { ...answer.headers, location } };
  },
);

export const getCarts = route(
  {
    ...commonSpec,
    method: 'get',
    path: '/v1/carts',
    operationId: 'carts.list',
    summary: 'List carts',
    description:
      'With an API key, the carts of all buyers of the storefront; with a buyer token, the buyer’s own ' +
      'carts. Newest first.',
    query: z.strictObject({ ...pageQuery, buyerId: buyerIdParameter.optional() }),
    responses: {
      200: { description: 'A page.', schema: toPage(cartSummary) },
      400: { description: 'Invalid input, or a cursor of another list.' },
    },
  },
  async ({ context, principal, query }) => {
    const reader = { principal, now: context.clock.now() };
    const find = (page: PageRequest) => listCarts(context.store, reader, query.buyerId, page);
    return { status: 200, body: await readPage('carts', query, find, summariseCart) };
  },
);

export const getCart = route(
  {
    ...cartSpec,
    method: 'get',
    path: '/v1/carts/{id}',
    operationId: 'carts.get',
    summary: 'Read a cart',
    description:
      'Returns the cart at current prices and availability. `changes` lists what the storefront ' +
      'should show to the buyer. Reading a cart does not change it.',
    responses: { ...shownCart, ...notFound },
  },
  async ({ context, params, principal }) =>
    answerCart(await readCart(context, principal, params.id)),
);

export const putCartLine = route(
  {
    ...changeLineSpec,
    method: 'put',
    path: '/v1/carts/{id}/lines/{variantId}',
    operationId: 'carts.setLine',
    summary: 'Set the quantity of a variant in a cart',
    description:
      'Adds a line if the cart has none of the variant; a quantity of 0 removes the line. The request ' +
      'can be repeated safely.',
    body: quantityRequest,
    responses: { ...shownCart, ...changeRefusals, ...lineRefusals },
  },
  async (input) => {
    const write = { mode: 'set', variantId: input.params.variantId, ...input.body } as const;
    return answerCart(await writeCartLine(input.context, toTarget(input), write));
  },
);

export const postCartLine = route(
  {
    ...changeSpec,
    method: 'post',
    path: '/v1/carts/{id}/lines',
    operationId: 'carts.addLine',
    summary: 'Add units of a variant to a cart',
    description:
      'Adds units to the units of the variant that are already in the cart. After an unknown outcome, ' +
      'read the cart before you repeat the request, or send `If-Match`.',
    body: lineRequest,
    responses: { ...shownCart, ...changeRefusals, ...lineRefusals },
  },
  async (input) => {
    const write = { mode: 'add', ...input.body } as const;
    return answerCart(await writeCartLine(input.context, toTarget(input), write));
  },
);

export const deleteCartLine = route(
  {
    ...changeLineSpec,
    method: 'delete',
    path: '/v1/carts/{id}/lines/{variantId}',
    operationId: 'carts.removeLine',
    summary: 'Remove a line from a cart',
    description:
      'Has the same effect as setting the quantity to 0. Also succeeds if the cart has no such line.',
    responses: {
      ...shownCart,
      ...changeRefusals,
      400: { description: 'The variant id or `If-Match` is invalid.' },
    },
  },
  async (input) => {
    const write = { mode: 'set', variantId: input.params.variantId, quantity: 0 } as const;
    return answerCart(await writeCartLine(input.context, toTarget(input), write));
  },
);

export const postAcknowledge = route(
  {
    ...changeSpec,
    method: 'post',
    path: '/v1/carts/{id}/acknowledge',
    operationId: 'carts.acknowledge',
    summary: 'Read a cart and acknowledge its prices',
    description:
      'The answer contains each `price_changed` one last time. Send this request when you show the ' +
      'cart to its buyer.',
    responses: { ...shownCart, ...changeRefusals },
  },
  async (input) => answerCart(await acknowledgeCart(input.context, toTarget(input))),
);

export const deleteCart = route(
  {
    ...changeSpec,
    method: 'delete',
    path: '/v1/carts/{id}',
    operationId: 'carts.delete',
    summary: 'Delete a cart',
    description: 'An existing checkout of the cart is not affected.',
    responses: { 204: { description: 'The cart is deleted.' }, ...dropRefusals },
  },
  async (input) => {
    await dropCart(input.context, toTarget(input));
    return { status: 204 };
  },
);
