import { z } from '@hono/zod-openapi';
import { RefusedError } from '../../shared/domain/errors.ts';
import { everyCaller } from '../http/access.ts';
import { route } from './context.ts';
import { publicShop } from './schemas.ts';
import { readShopNames } from './shop-names.ts';

export const getPublicShop = route(
  {
    method: 'get',
    path: '/v1/shops/{id}',
    operationId: 'shops.get',
    tag: 'catalog',
    summary: 'Get the public record of a shop',
    description: 'The name of a shop, to show where carts and checkouts span shops.',
    access: everyCaller('catalog:read'),
    params: z.object({ id: z.string() }),
    responses: {
      200: { description: 'The shop.', schema: publicShop },
      404: { description: 'No such shop.' },
    },
  },
  async ({ context, params }) => {
    const name = (await readShopNames(context.store, [params.id])).get(params.id);
    if (name === undefined) throw new RefusedError('not_found', 'There is no such shop.');
    return { status: 200, body: { id: params.id, name } };
  },
);
