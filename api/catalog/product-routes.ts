import { RefusedError } from '../../shared/domain/errors.ts';
import { productsOwnedBy, productsVisibleTo } from '../access/visibility.ts';
import { everyCaller, sellers } from '../http/access.ts';
import { ifMatchHeader, toEtag } from '../http/etag.ts';
import { idParams } from '../http/id-list.ts';
import { toPage } from '../http/paging.ts';
import type { Principal } from '../http/principal.ts';
import type { RouteInput } from '../http/route.ts';
import { setProductStatus } from './change-product.ts';
import { route } from './context.ts';
import { createProduct } from './create-product.ts';
import { editProduct } from './edit-product.ts';
import { listProducts } from './listing/list-products.ts';
import { productListQuery } from './listing/list-query.ts';
import { presentProduct } from './present-product.ts';
import { findProduct } from './product-store.ts';
import { product, productChanges, productRequest, shopFilter, statusFilter } from './schemas.ts';

const common = { tag: 'catalog' } as const;
const write = { ...common, access: sellers('catalog:write') } as const;
/** A conditional change of one product. */
const change = { ...write, params: idParams, headers: ifMatchHeader } as const;

const ETag = 'For `If-Match`. It changes with the product, not with its stock.';
const changeResponses = {
  200: { description: 'The product after the change.', schema: product, headers: { ETag } },
  404: { description: 'The caller’s shop has no such product.' },
  412: { description: 'The product does not match `If-Match` (`precondition_failed`).' },
};
const pageOfProducts = {
  200: { description: 'A page of products.', schema: toPage(product) },
  400: { description: 'Bad input, or a cursor of another list, filter or order.' },
};

/** Returns the response with one product. The ETag does not depend on its stock. */
function answerProduct(record: Parameters<typeof presentProduct>[0], viewer: Principal) {
  const { revision = 0 } = record;
  return { status: 200, body: presentProduct(record, viewer), headers: { etag: toEtag(revision) } };
}

export const postProduct = route(
  {
    ...write,
    method: 'post',
    path: '/v1/products',
    operationId: 'products.create',
    summary: 'Create a product',
    description: 'The product is a draft until it is published. Its variants have no stock yet.',
    body: productRequest,
    responses: {
      201: {
        description: 'The draft.',
        schema: product,
        headers: { ETag, Location: 'The path of the product.' },
      },
      400: { description: 'Bad input.' },
      409: { description: 'The shop already has a variant with one of the SKUs.' },
      422: {
        description:
          'The variants do not go together (currencies, options or limits), or the sale ends before it ' +
          'starts.',
      },
    },
  },
  async (input) => {
    const created = await createProduct(input, input.body);
    const answer = answerProduct({ ...created, available: new Map() }, input.principal);
    const location = `/v1/products/${created._id}`;
    return { ...answer, status: 201, headers: { ...answer.headers, location } };
  },
);

export const getProducts = route(
  {
    ...common,
    method: 'get',
    path: '/v1/products',
    operationId: 'products.list',
    summary: 'List and search products for sale',
    description: 'Published products of every shop.',
    access: everyCaller('catalog:read'),
    query: productListQuery(shopFilter),
    responses: pageOfProducts,
  },
  async ({ context, principal, query }) => {
    const { shopId, ...filters } = query;
    const among = { status: 'published', ...(shopId && { shopId }) } as const;
    const page = await listProducts(context.store, { name: 'products', among, filters });
    return {
      status: 200,
      body: { ...page, items: page.items.map((record) => presentProduct(record, principal)) },
    };
  },
);

export const getShopProducts = route(
  {
    ...common,
    method: 'get',
    path: '/v1/shop/products',
    operationId: 'products.listOwn',
    summary: 'List and search the shop’s own products',
    description: 'Drafts and published products.',
    access: sellers('catalog:read'),
    query: productListQuery(statusFilter),
    responses: pageOfProducts,
  },
  async ({ context, principal, query }) => {
    const { status, ...filters } = query;
    const among = { ...productsOwnedBy(principal), ...(status && { status }) };
    const page = await listProducts(context.store, { name: 'shop-products', among, filters });
    return {
      status: 200,
      body: { ...page, items: page.items.map((record) => presentProduct(record, principal)) },
    };
  },
);

export const getProduct = route(
  {
    ...common,
    method: 'get',
    path: '/v1/products/{id}',
    operationId: 'products.get',
    summary: 'Get a product',
    description:
      'A published product, or a draft of the caller’s own shop. Buyers do not see drafts.',
    access: everyCaller('catalog:read'),
    params: idParams,
    responses: {
      200: { description: 'The product.', schema: product, headers: { ETag } },
      404: { description: 'No such product that the caller may see.' },
    },
  },
  async ({ context, params, principal }) => {
    const filter = { _id: params.id, ...productsVisibleTo(principal) };
    const record = await findProduct(context.store, filter);
    if (record === undefined) throw new RefusedError('not_found', 'There is no such product.');
    return answerProduct(record, principal);
  },
);

export const patchProduct = route(
  {
    ...change,
    method: 'patch',
    path: '/v1/products/{id}',
    operationId: 'products.update',
    summary: 'Edit a product',
    description:
      'Changes the given fields. `attributes`, `variants`, `tags` and `media` are replaced as a whole, ' +
      'keys of `metadata` one by one. Checkouts accepted earlier keep their prices.',
    body: productChanges,
    responses: {
      ...changeResponses,
      400: { description: 'Bad input.' },
      409: {
        description:
          'Another product of the shop has one of the SKUs, or a variant that is left out has stock.',
      },
      422: {
        description:
          'The variants do not go together, one of them belongs to another product, or the sale ends ' +
          'before it starts.',
      },
    },
  },
  async (input) => {
    const edited = await editProduct(input, toTarget(input), input.body);
    return answerProduct(edited, input.principal);
  },
);

export const deleteProduct = route(
  {
    ...change,
    method: 'delete',
    path: '/v1/products/{id}',
    operationId: 'products.delete',
    summary: 'Delete a product',
    description:
      'The product is no longer found, listed or sold, and its SKUs can be used again. Orders keep ' +
      'their lines, and can still be confirmed and cancelled. Stock and movements of its variants stay.',
    responses: {
      204: { description: 'The product is deleted.' },
      404: { description: 'The caller’s shop has no such product, or has already deleted it.' },
      412: changeResponses[412],
    },
  },
  async (input) => {
    await setProductStatus(input, toTarget(input), 'deleted');
    return { status: 204 };
  },
);

export const postPublish = route(
  {
    ...change,
    method: 'post',
    path: '/v1/products/{id}/publish',
    operationId: 'products.publish',
    summary: 'Put a product on sale',
    description:
      'The product is published, and can be bought within its sale times. Repeating the call changes ' +
      'nothing.',
    responses: changeResponses,
  },
  async (input) => {
    const changed = await setProductStatus(input, toTarget(input), 'published');
    return answerProduct(changed, input.principal);
  },
);

export const postUnpublish = route(
  {
    ...change,
    method: 'post',
    path: '/v1/products/{id}/unpublish',
    operationId: 'products.unpublish',
    summary: 'Take a product off sale',
    description:
      'The product becomes a draft again. Its checkouts that are not settled yet are rejected as ' +
      '`product_unavailable`.',
    responses: changeResponses,
  },
  async (input) => {
    const changed = await setProductStatus(input, toTarget(input), 'draft');
    return answerProduct(changed, input.principal);
  },
);

function toTarget({ params, c }: RouteInput<unknown, unknown, { id: string }, unknown>) {
  return { productId: params.id, ifMatch: c.req.header('if-match') };
}
