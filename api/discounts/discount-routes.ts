import type { DiscountRecord } from '../../shared/store/collections/discounts.ts';
import { presentProduct } from '../catalog/present-product.ts';
import type { StockedProduct } from '../catalog/product-store.ts';
import { product } from '../catalog/schemas.ts';
import { sellers } from '../http/access.ts';
import { ifMatchHeader, toEtag } from '../http/etag.ts';
import { idParams } from '../http/id-list.ts';
import { listTiedTo, type PageRequest, pageQueryOnly, readPage, toPage } from '../http/paging.ts';
import { routesWith } from '../http/route.ts';
import { cancelDiscount, changeDiscount, type DiscountsContext } from './change-discount.ts';
import { createDiscount } from './create-discount.ts';
import { findDiscount, listDiscounted, listDiscounts } from './discount-store.ts';
import { presentDiscount } from './present-discount.ts';
import { discount, discountChanges, discountRequest, discountsQuery } from './schemas.ts';

const route = routesWith<DiscountsContext>();
const common = { tag: 'discounts', access: sellers('discounts:write') } as const;
const all = { ...common, path: '/v1/discounts' } as const;
const one = { ...common, path: '/v1/discounts/{id}', params: idParams } as const;

const ETag = 'For `If-Match`. It changes with the discount, not with its uses.';
const notFound = { 404: { description: 'No such discount of the caller’s shop.' } };
const badPage = { 400: { description: 'Bad input, or a cursor of another list.' } };
const unknownProduct = { 422: { description: 'A product is not the shop’s (`unknown_product`).' } };

/** Answers with one discount. The tag does not depend on its uses. */
function answerDiscount(record: DiscountRecord, { clock }: DiscountsContext) {
  const headers = { etag: toEtag(record.revision) };
  return { status: 200, body: presentDiscount(record, clock.now()), headers };
}

export const postDiscount = route(
  {
    ...all,
    method: 'post',
    operationId: 'discounts.create',
    summary: 'Create a discount',
    description:
      'Buyers give its code at a checkout. If the outcome is unknown, repeat the request: ' +
      '`code_taken` then means that the discount exists.',
    body: discountRequest,
    responses: {
      201: {
        description: 'The discount.',
        schema: discount,
        headers: { ETag, Location: 'The path of the discount.' },
      },
      400: { description: 'Bad input, e.g. over 100 % or an end before the start.' },
      409: { description: 'Another discount of the shop has the code (`code_taken`).' },
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
    ...all,
    method: 'get',
    operationId: 'discounts.list',
    summary: 'List the shop’s discounts',
    description: 'Newest first, including cancelled ones.',
    query: discountsQuery,
    responses: { 200: { description: 'A page.', schema: toPage(discount) }, ...badPage },
  },
  async ({ context, principal, query }) => {
    const { status, code } = query;
    const now = context.clock.now();
    const body = await readPage(
      listTiedTo('discounts', { status, code }),
      query,
      (page) => listDiscounts(context.store, principal, { status, code }, { ...page, now }),
      (record) => presentDiscount(record, now),
    );
    return { status: 200, body };
  },
);

export const getDiscount = route(
  {
    ...one,
    method: 'get',
    operationId: 'discounts.get',
    summary: 'Look at a discount',
    description: 'With the number of its uses.',
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
    ...one,
    method: 'patch',
    operationId: 'discounts.update',
    summary: 'Change a discount',
    description:
      'Changes the given fields; `null` removes a limit. The code cannot change: cancel the ' +
      'discount and create another. Checkouts accepted earlier keep their amounts.',
    headers: ifMatchHeader,
    body: discountChanges,
    responses: {
      200: { description: 'The discount after the change.', schema: discount, headers: { ETag } },
      400: { description: 'Bad input, by itself or together with the fields that stay.' },
      ...notFound,
      409: {
        description:
          'It has been used more often (`usage_limit_below_uses`), or is cancelled ' +
          '(`invalid_transition`).',
      },
      412: { description: 'It has been changed since (`precondition_failed`).' },
      ...unknownProduct,
    },
  },
  async (input) => {
    const { body: changes, c, context, params } = input;
    const ifMatch = c.req.header('if-match');
    const changed = await changeDiscount(input, { discountId: params.id, ifMatch, changes });
    return answerDiscount(changed, context);
  },
);

export const deleteDiscount = route(
  {
    ...one,
    method: 'delete',
    operationId: 'discounts.cancel',
    summary: 'Cancel a discount',
    description:
      'No more orders are placed with it, not even from checkouts that are accepted and still ' +
      'queued. Existing orders keep it. Its code becomes free. Repeating the call changes nothing.',
    responses: { 204: { description: 'It is cancelled.' }, ...notFound },
  },
  async (input) => {
    await cancelDiscount(input, input.params.id);
    return { status: 204 };
  },
);

export const getDiscountProducts = route(
  {
    ...one,
    method: 'get',
    path: '/v1/discounts/{id}/products',
    operationId: 'discounts.listProducts',
    summary: 'List the products that a discount applies to',
    description:
      'Newest first: the products that it names, drafts included, or all published products of the ' +
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
    const found = await findDiscount(store, principal, params.id);
    const find = (page: PageRequest) => listDiscounted(store, principal, found, page);
    const present = (each: StockedProduct) => presentProduct(each, principal);
    const body = await readPage(`products of ${found._id}`, query, find, present);
    return { status: 200, body };
  },
);
