import { z } from '@hono/zod-openapi';
import { EXAMPLE_IDS } from '../../shared/contract/example-ids.ts';
import { resourceId } from '../../shared/contract/text.ts';
import type { ListedStorefront } from '../../shared/domain/storefront-rights.ts';

const maySell = z.boolean().describe('Whether the storefront may sell the shop’s products.');
const mayConfirm = z
  .boolean()
  .describe(
    'Whether the storefront may confirm the payment of orders that it placed, and extend their ' +
      'reservations.',
  );

/** The body of a request that lists a storefront. */
export const storefrontRequest = z
  .strictObject({
    shopId: resourceId.optional().describe('Another shop, with all of its keys.'),
    keyId: resourceId.optional().describe('One key of another shop, instead of `shopId`.'),
    maySell: maySell.default(true),
    mayConfirm: mayConfirm.default(false),
  })
  .superRefine(({ shopId, keyId }, refinement) => {
    if ((shopId === undefined) !== (keyId === undefined)) return;
    const [path, message] =
      shopId === undefined
        ? ['shopId', 'Send a shopId or a keyId.']
        : ['keyId', 'Send a shopId or a keyId, not both.'];
    refinement.addIssue({ code: 'custom', path: [path], message });
  })
  .openapi('StorefrontRequest', {
    example: { shopId: EXAMPLE_IDS.shop, maySell: true, mayConfirm: true },
  });

export type StorefrontRequest = z.output<typeof storefrontRequest>;

/** A storefront that the shop lists. */
export const storefront = z
  .object({
    id: z.string(),
    shopId: z.string().optional(),
    keyId: z.string().optional(),
    maySell,
    mayConfirm,
    createdAt: z.iso.datetime(),
  })
  .openapi('Storefront', {
    example: {
      id: EXAMPLE_IDS.storefront,
      shopId: EXAMPLE_IDS.shop,
      maySell: true,
      mayConfirm: true,
      createdAt: '2026-03-01T09:30:00.000Z',
    },
  });

/** Presents a listed storefront to the shop that lists it. */
export function presentStorefront({
  createdAt,
  ...listed
}: ListedStorefront): z.output<typeof storefront> {
  return { ...listed, createdAt: createdAt.toISOString() };
}
