import { z } from '@hono/zod-openapi';
import { HELD_SHARE_MAX } from '../../shared/domain/storefront-rights.ts';
import type { ShopRecord } from '../../shared/store/collections/shops.ts';
import { emailAddress, enteredPassword, shopName } from '../access/accounts/account-schema.ts';
import { shopExample } from '../access/examples.ts';

const openToStorefronts = z
  .boolean()
  .describe('Whether storefronts that the shop does not list may sell for it.');

const heldShareMax = z
  .number()
  .min(0)
  .max(1)
  .describe(
    'The share of each variant’s units on hand that pending orders of unlisted storefronts may ' +
      'hold together: 0.5 for half of the units. The default is 1: all units.',
  );

/** A shop in responses to itself. */
export const shop = z
  .object({
    id: z.string(),
    name: z.string(),
    email: z.string(),
    openToStorefronts,
    heldShareMax,
    createdAt: z.iso.datetime(),
  })
  .openapi('Shop', { example: shopExample });

/** The public record of a shop. */
export const publicShop = z
  .object({ id: z.string(), name: z.string() })
  .openapi('PublicShop', { example: { id: shopExample.id, name: shopExample.name } });

/** The fields of a shop to change. Omitted fields are not changed. */
export const shopChanges = z
  .strictObject({
    name: shopName.optional(),
    email: emailAddress.optional(),
    openToStorefronts: openToStorefronts.optional(),
    heldShareMax: heldShareMax.optional(),
    currentPassword: enteredPassword.optional().describe('Required to change the e-mail address.'),
  })
  .refine(
    ({ currentPassword: _, ...changes }) => Object.keys(changes).length > 0,
    'Name at least one field to change.',
  )
  .openapi('ShopChanges', { example: { name: 'Harbour Goods' }, minProperties: 1 });

export type ShopChanges = z.output<typeof shopChanges>;

/** Presents a shop to itself. */
export function presentShop(record: ShopRecord): z.output<typeof shop> {
  const { _id: id, name, email, openToStorefronts = true, createdAt } = record;
  const { heldShareMax = HELD_SHARE_MAX } = record;
  const policy = { openToStorefronts, heldShareMax };
  return { id, name, email, ...policy, createdAt: createdAt.toISOString() };
}
