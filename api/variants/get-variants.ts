import { z } from '@hono/zod-openapi';
import type { Store } from '../../shared/store/store.ts';
import { everyCaller } from '../http/access.ts';
import { idList } from '../http/id-list.ts';
import { routesWith } from '../http/route.ts';
import { lookUpVariants } from './look-up-variants.ts';
import { variantBatch } from './schemas.ts';

const route = routesWith<{ readonly store: Store }>();

export const getVariants = route(
  {
    method: 'get',
    path: '/v1/variants',
    operationId: 'variants.list',
    tag: 'catalog',
    summary: 'Look up variants by their ids',
    description:
      'Returns up to 100 variants of published products of any shop, and of drafts of the caller’s ' +
      'own shop. Prices and units are current.',
    access: everyCaller('catalog:read'),
    query: z.strictObject({ ids: idList }),
    responses: {
      200: { description: 'The variants that were found.', schema: variantBatch },
      400: { description: 'Bad input, or too many ids.' },
    },
  },
  async ({ context, principal, query }) => ({
    status: 200,
    body: await lookUpVariants(context.store, principal, query.ids),
  }),
);
