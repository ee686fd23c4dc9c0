import type { DiscountRecord } from '../../shared/store/collections/discounts.ts';
import { presentProduct } from '../catalog/present-product.ts';
import type { StockedProduct } from '../catalog/product-store.ts';
import { product } from '../catalog/schemas.ts';
import { sellers } from '../http/access.ts';
import { ifMatchHeader, toEtag } from '../http/etag.ts';
import { idParams } from '../http/id-list.ts';
import { type PageRequest, pageQueryOnly, readPage, toPage } from '../http/paging.ts';
import { type RouteInput, routesWith } from '../http/route.ts';
import { cancelDiscount, changeDiscount, type DiscountsContext } from './change-discount.ts';
import { createDiscount } from './create-discount.ts';
import { findDiscount, listDiscountedProducts, listDiscounts } from './discount-store.ts';
import { presentDiscount } from './present-discount.ts';
import { discount, discountChanges, discountRequest, discountsQuery } from './schemas.ts';

const route = routesWith<DiscountsContext>();
const commonSpec = { tag: 'discounts', access: sellers('discounts:write') } as const;
const collectionSpec = { ...commonSpec, path: '/v1/discounts' } as const;
const discountSpec = { ...commonSpec, path: '/v1/discounts/{id}', params: idParams } as const;

const ETag = 'The revision of the discount, for `If-Match`. Uses do not change it.';
const notFound = { 404: { description: 'The caller’s shop has no such discount.' } };
const changedMeanwhile = {
  412: {
    description:
      'The discount has been changed since the revision in `If-Match` (`precondition_failed`).',
  },
};
const badPage = { 400: { description: 'Bad input, or a cursor of another list.' } };
const unknownProduct = {
  422: { description: 'A product does not belong to the shop (`unknown_product`).' },
};

/** Returns an answer with one discount. Its `ETag` does not depend on the uses. */
function answerDiscount(record: DiscountRecord, { clock }: DiscountsContext) {
  const headers = { etag: toEtag(record.revision) };
  return { status: 200, body: presentDiscount(record, clock.now()), headers };
}

export const postDiscount = route(
  {
    ...collectionSpec,
    method: 'post',
    operationId: 'discounts.create',
    summary: 'Create a discount',
    description:
      'Checkouts use the discount by sending its code. If the outcome of this request is unknown, ' +
      'repeat it: `code_taken` then means that the discount exists.',
    body: discountRequest,
    responses: {
      201: {
        description: 'The discount.',
        schema: discount,
        headers: { ETag, Location: 'The path of the discount.' },
      },
      400: { description: 'Bad input, e.g. more than 100 % or an end before the start.' },
      409: {
        description:
          'The shop has another discount with this code that is not cancelled (`code_taken`).',
      },
      ...unknownProduct,
    },
  },
  async (input) => {
    const created = await createDiscount(input, input.body);
    const answer = answerDiscount(created, input.context);
    const location = `/v1/discounts/${created._id}`;
    return { ...answer, status: 201, headers: { ...answer.headers, location } };
  },
);

export const getDiscounts = route(
  {
    ...collectionSpec,
    method: 'get',
    operationId: 'discounts.list',
    summary: 'List the shop’s discounts',
    description: 'Newest first, including cancelled discounts.',
    query: discountsQuery,
    responses: { 200: { description: 'A page.', schema: toPage(discount) }, ...badPage },
  },
  async ({ context, principal, query }) => {
    const body = await listDiscounts(context.store, principal, query, context.clock.now());
    return { status: 200, body };
  },
);

export const getDiscount = route(
  {
    ...discountSpec,
    method: 'get',
    operationId: 'discounts.get',
    summary: 'Get a discount',
    description: 'Includes how often the discount is used.',
    responses: {
      200: { description: 'The discount.', schema: discount, headers: { ETag } },
      ...notFound,
    },
  },
  async ({ context, params, principal }) =>
    answerDiscount(await findDiscount(context.store, principal, params.id), context),
);

export const patchDiscount = route(
  {
    ...discountSpec,
    method: 'patch',
    operationId: 'discounts.update',
    summary: 'Change a discount',
    description:
      'Changes the fields in the request; `null` removes a usage limit, the minimum subtotal, the ' +
      'maximum discount or the currency. The code cannot change: cancel the discount and create ' +
      'another. Checkouts accepted earlier keep their amounts, but new limits of uses apply to them.',
    headers: ifMatchHeader,
    body: discountChanges,
    responses: {
      200: { description: 'The discount after the change.', schema: discount, headers: { ETag } },
      400: { description: 'Bad input, by itself or together with the unchanged fields.' },
      ...notFound,
      409: {
        description:
          'The discount has been used more often than the new limit (`usage_limit_below_uses`), or ' +
          'is cancelled (`invalid_transition`).',
      },
      ...changedMeanwhile,
      ...unknownProduct,
    },
  },
  async (input) => {
    const { body: changes, context } = input;
    const changed = await changeDiscount(input, { ...toTarget(input), changes });
    return answerDiscount(changed, context);
  },
);

export const deleteDiscount = route(
  {
    ...discountSpec,
    method: 'delete',
    operationId: 'discounts.cancel',
    summary: 'Cancel a discount',
    description:
      'No more orders are placed with the discount, not even from checkouts that are already ' +
      'queued. Existing orders keep it. Its code can be used again for a new discount. Repeating ' +
      'the request changes nothing.',
    headers: ifMatchHeader,
    responses: {
      204: { description: 'The discount is cancelled.' },
      400: { description: '`If-Match` is invalid.' },
      ...notFound,
      ...changedMeanwhile,
    },
  },
  async (input) => {
    await cancelDiscount(input, toTarget(input));
    return { status: 204 };
  },
);

export const getDiscountProducts = route(
  {
    ...discountSpec,
    method: 'get',
    path: '/v1/discounts/{id}/products',
    operationId: 'discounts.listProducts',
    summary: 'List the products that a discount applies to',
    description:
      'Newest first: the products in `appliesTo`, including drafts, or all published products of the ' +
      'shop.',
    query: pageQueryOnly,
    responses: {
      200: { description: 'A page.', schema: toPage(product) },
      ...badPage,
      ...notFound,
    },
  },
  async ({ context, params, principal, query }) => {
    const { store } = context;
    const record = await findDiscount(store, principal, params.id);
    const find = (page: PageRequest) => listDiscountedProducts(store, principal, record, page);
    const present = (listed: StockedProduct) => presentProduct(listed, principal);
    const body = await readPage(`products of ${record._id}`, query, find, present);
    return { status: 200, body };
  },
);

function toTarget({ params, c }: RouteInput<unknown, unknown, { id: string }, unknown>) {
  return { discountId: params.id, ifMatch: c.req.header('if-match') };
}
