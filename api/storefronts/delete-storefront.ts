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
    summary: 'Remove a storefront from the list',
    description:
      'The storefront then has the rights of any unlisted one: it may sell while the shop is open to ' +
      'all storefronts, and may not confirm orders. Checkouts accepted before are still settled.',
    access: shopsOnly,
    params: z.object({ id: z.string() }),
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
