import { z } from '@hono/zod-openapi';
import { readOwnShop } from '../access/accounts/account-store.ts';
import { shopsOnly } from '../http/access.ts';
import { idFromCursor, pageFrom, pageQuery, toPage } from '../http/paging.ts';
import { route } from './context.ts';
import { presentStorefront, storefront } from './schemas.ts';

const LIST = 'storefronts';

export const getStorefronts = route(
  {
    method: 'get',
    path: '/v1/storefronts',
    operationId: 'storefronts.list',
    tag: 'access',
    summary: 'List the storefronts that the shop works with',
    description: 'Lists them newest first.',
    access: shopsOnly,
    query: z.strictObject(pageQuery),
    responses: {
      200: { description: 'A page.', schema: toPage(storefront) },
      400: { description: 'Invalid input, or a cursor of another list.' },
    },
  },
  async ({ context, principal, query }) => {
    const { limit, cursor } = query;
    const after = idFromCursor(LIST, cursor);
    const { storefronts = [] } = await readOwnShop(context.store, principal);
    const found = storefronts
      .map((listed) => ({ _id: listed.id, listed }))
      .filter(({ _id }) => after === undefined || _id < after)
      .sort((one, other) => (one._id < other._id ? 1 : -1));
    const present = ({ listed }: (typeof found)[number]) => presentStorefront(listed);
    return { status: 200, body: pageFrom(LIST, found, limit, present) };
  },
);
