import { z } from '@hono/zod-openapi';
import type { ShopRecord } from '../../shared/store/collections/shops.ts';

const SHOP_NAME_LENGTH_MAX = 200;
const EMAIL_LENGTH_MAX = 254;

/** An e-mail address, in lower case. */
export const emailAddress = z.email().max(EMAIL_LENGTH_MAX).toLowerCase();

export const shopName = z.string().max(SHOP_NAME_LENGTH_MAX).regex(/\S/, 'Not blank.').trim();

/** A shop as it sees itself. */
export const shop = z
  .object({
    id: z.string(),
    name: z.string(),
    email: z.string(),
    createdAt: z.iso.datetime(),
  })
  .openapi('Shop');

export function presentShop({ _id, name, email, createdAt }: ShopRecord): z.output<typeof shop> {
  return { id: _id, name, email, createdAt: createdAt.toISOString() };
}
