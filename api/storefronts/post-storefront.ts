import { shopsOnly } from '../http/access.ts';
import { route } from './context.ts';
import { listStorefront } from './list-storefront.ts';
import { presentStorefront, storefront, storefrontRequest } from './schemas.ts';

export const postStorefront = route(
  {
    method: 'post',
    path: '/v1/storefronts',
    operationId: 'storefronts.create',
    tag: 'access',
    summary: 'List a storefront that may sell for the shop',
    description:
      'Lists another shop with all of its keys, or a single key. The listing of a key overrides that ' +
      'of its shop. Listing a storefront again changes its rights. The shop’s own keys need no listing.',
    access: shopsOnly,
    body: storefrontRequest,
    responses: {
      200: {
        description: 'The storefront was listed before; its rights are changed.',
        schema: storefront,
      },
      201: { description: 'The storefront is listed.', schema: storefront },
      400: { description: 'Invalid input, or the shop itself or one of its own keys.' },
      409: { description: 'The shop has the maximum of storefronts (`too_many_storefronts`).' },
      422: { description: 'There is no such shop or key (`unknown_storefront`).' },
    },
  },
  async (input) => {
    const { listed, isNew } = await listStorefront(input, input.body);
    return { status: isNew ? 201 : 200, body: presentStorefront(listed) };
  },
);
