import { z } from '@hono/zod-openapi';
import { shopsOnly } from '../http/access.ts';
import { route } from './context.ts';
import { unlistStorefront } from './unlist-storefront.ts';

export const deleteStorefront = route(
  {
    method: 'delete',
    path: '/v1/storefronts/{id}',
    operationId: 'storefronts.delete',
    tag: 'access',
    summary: 'Take a storefront off the list',
    description:
      'It may then do what storefronts that are not listed may: sell while the shop is open to ' +
      'all, and never confirm. Checkouts that were accepted before are settled.',
    access: shopsOnly,
    params: z.object({ id: z.string() }),
    responses: {
      204: { description: 'It is not listed any more.' },
      404: { description: 'No such storefront on the shop’s list.' },
    },
  },
  async (input) => {
    await unlistStorefront(input, input.params.id);
    return { status: 204 };
  },
);
