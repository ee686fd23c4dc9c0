import { readOwnShop } from '../access/accounts/account-store.ts';
import { shopsOnly } from '../http/access.ts';
import { idParams } from '../http/id-list.ts';
import { type PageRequest, pageQueryOnly, readPage, toPage } from '../http/paging.ts';
import { routesWith } from '../http/route.ts';
import { listStorefront, type StorefrontsContext, unlistStorefront } from './list-storefront.ts';
import { presentStorefront, storefront, storefrontRequest } from './schemas.ts';

const route = routesWith<StorefrontsContext>();
const common = { path: '/v1/storefronts', tag: 'access', access: shopsOnly } as const;

export const postStorefront = route(
  {
    ...common,
    method: 'post',
    operationId: 'storefronts.create',
    summary: 'List a storefront that may sell for the shop',
    description:
      'Lists another shop with all of its keys, or a single key. The listing of a key overrides the ' +
      'listing of its shop. Listing a storefront again changes its rights. The shop’s own keys need no listing.',
    body: storefrontRequest,
    responses: {
      200: {
        description: 'The storefront was listed before; its rights are changed.',
        schema: storefront,
      },
      201: { description: 'The storefront is listed.', schema: storefront },
      400: { description: 'Invalid input, or the shop itself or one of its own keys.' },
      409: {
        description:
          'The shop already lists the maximum number of storefronts (`too_many_storefronts`).',
      },
      422: { description: 'There is no such shop or key (`unknown_storefront`).' },
    },
  },
  async (input) => {
    const { listed, isNew } = await listStorefront(input, input.body);
    return { status: isNew ? 201 : 200, body: presentStorefront(listed) };
  },
);

export const getStorefronts = route(
  {
    ...common,
    method: 'get',
    operationId: 'storefronts.list',
    summary: 'List the storefronts that the shop works with',
    description: 'The storefronts that the shop lists, newest first.',
    query: pageQueryOnly,
    responses: {
      200: { description: 'A page.', schema: toPage(storefront) },
      400: { description: 'Invalid input, or a cursor of another list.' },
    },
  },
  async ({ context, principal, query }) => {
    const { storefronts = [] } = await readOwnShop(context.store, principal);
    const find = async ({ after }: PageRequest) =>
      storefronts
        .map((listed) => ({ _id: listed.id, listed }))
        .filter(({ _id }) => after === undefined || _id < after)
        .sort((first, second) => (first._id < second._id ? 1 : -1));
    const body = await readPage('storefronts', query, find, ({ listed }) =>
      presentStorefront(listed),
    );
    return { status: 200, body };
  },
);

export const deleteStorefront = route(
  {
    ...common,
    method: 'delete',
    path: '/v1/storefronts/{id}',
    operationId: 'storefronts.delete',
    summary: 'Remove a storefront from the list',
    description:
      'The storefront then has the rights of an unlisted storefront: it may sell while the shop is open to ' +
      'all storefronts, and may not confirm orders. Checkouts accepted before are still settled.',
    params: idParams,
    responses: {
      204: { description: 'The storefront is removed.' },
      404: { description: 'The shop’s list has no such storefront.' },
    },
  },
  async (input) => {
    await unlistStorefront(input, input.params.id);
    return { status: 204 };
  },
);
