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
      'Another shop, with all of its keys, or a single key. The listing of a key counts before ' +
      'that of its shop. Listing one again changes its rights. The shop’s own keys need no listing.',
    access: shopsOnly,
    body: storefrontRequest,
    responses: {
      200: { description: 'It was listed before, and has these rights now.', schema: storefront },
      201: { description: 'It is listed.', schema: storefront },
      400: { description: 'Bad input, or the shop itself or a key of its own.' },
      409: { description: 'The shop lists as many as it may (`too_many_storefronts`).' },
      422: { description: 'No such shop or key (`unknown_storefront`).' },
    },
  },
  async (input) => {
    const { listed, isNew } = await listStorefront(input, input.body);
    return { status: isNew ? 201 : 200, body: presentStorefront(listed) };
  },
);
