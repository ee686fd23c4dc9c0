import { z } from '@hono/zod-openapi';
import type { ShopRecord } from '../../shared/store/collections/shops.ts';
import { shopExample } from '../access/examples.ts';

/** A shop as it sees itself. */
export const shop = z
  .object({
    id: z.string(),
    name: z.string(),
    email: z.string(),
    openToStorefronts: z
      .boolean()
      .describe('Whether storefronts that the shop does not list may sell for it.'),
    createdAt: z.iso.datetime(),
  })
  .openapi('Shop', { example: shopExample });

/** The public record of a shop. */
export const publicShop = z
  .object({ id: z.string(), name: z.string() })
  .openapi('PublicShop', { example: { id: shopExample.id, name: shopExample.name } });

/** Presents a shop to itself. */
export function presentShop(record: ShopRecord): z.output<typeof shop> {
  const { _id, name, email, openToStorefronts = true, createdAt } = record;
  return { id: _id, name, email, openToStorefronts, createdAt: createdAt.toISOString() };
}
