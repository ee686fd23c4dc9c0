import { z } from '@hono/zod-openapi';
import { emailAddress, enteredPassword, shopName } from '../access/accounts/account-schema.ts';
import { shopsOnly } from '../http/access.ts';
import { changeShop } from './change-shop.ts';
import { route } from './context.ts';
import { presentShop, shop } from './schemas.ts';

const shopChanges = z
  .strictObject({
    name: shopName.optional(),
    email: emailAddress.optional(),
    openToStorefronts: z
      .boolean()
      .optional()
      .describe('Whether storefronts that the shop does not list may sell for it.'),
    currentPassword: enteredPassword.optional().describe('Required to change the e-mail address.'),
  })
  .refine(
    ({ name, email, openToStorefronts }) =>
      name !== undefined || email !== undefined || openToStorefronts !== undefined,
    'Nothing to change.',
  )
  .openapi('ShopChanges', { example: { name: 'Harbour Goods' }, minProperties: 1 });

export const patchShop = route(
  {
    method: 'patch',
    path: '/v1/shop',
    operationId: 'shop.update',
    tag: 'access',
    summary: 'Update the caller’s shop',
    description:
      'Fields that are left out stay as they are. A new e-mail address requires the password.',
    access: shopsOnly,
    body: shopChanges,
    responses: {
      200: { description: 'The updated shop.', schema: shop },
      400: { description: 'Bad input.' },
      401: { description: 'No valid token, or a wrong password.' },
      409: { description: 'Another shop has the e-mail address (`email_taken`).' },
      429: { description: 'Too many wrong passwords.', headers: { 'Retry-After': 'Seconds.' } },
    },
  },
  async (input) => {
    const changed = await changeShop(input, input.body);
    return { status: 200, body: presentShop(changed) };
  },
);
