import { z } from '@hono/zod-openapi';
import type { ShopRecord } from '../../shared/store/collections/shops.ts';

/** What a shop is told of itself. */
export const shop = z
  .object({
    id: z.string(),
    name: z.string(),
    email: z.string(),
    createdAt: z.iso.datetime(),
  })
  .openapi('Shop');

/** A shop as it sees itself. */
export function presentShop({ _id, name, email, createdAt }: ShopRecord): z.output<typeof shop> {
  return { id: _id, name, email, createdAt: createdAt.toISOString() };
}
