import { z } from '@hono/zod-openapi';
import { buyerId } from '../access/buyer.ts';
import { sellers } from '../http/access.ts';
import { route } from './context.ts';
import { ERASE_TIMEOUT_MS, eraseShopsBuyer } from './erase-buyer.ts';

const count = z.int().min(0);

/** The report of an erasure. */
const erasure = z
  .object({
    buyerId: z.string(),
    erased: z
      .object({ orders: count, checkouts: count, carts: count, deliveries: count })
      .openapi('ErasedThings'),
    kept: z
      .object({
        orders: count.describe('Orders that are not sent yet. Cancel them, or erase again later.'),
        checkouts: count.describe('Checkouts that are not settled yet.'),
      })
      .openapi('KeptThings'),
    isComplete: z.boolean().describe('If false, there is more to erase: repeat the request.'),
  })
  .openapi('Erasure', {
    example: {
      buyerId: 'buyer-1',
      erased: { orders: 3, checkouts: 4, carts: 1, deliveries: 6 },
      kept: { orders: 0, checkouts: 0 },
      isComplete: true,
    },
  });

export const postErase = route(
  {
    method: 'post',
    path: '/v1/buyers/{id}/erase',
    operationId: 'buyers.erase',
    tag: 'orders',
    summary: 'Erase the personal data of a buyer',
    description:
      'For the shop of the storefront. Removes addresses, contacts, notes and the reasons that the ' +
      'buyer wrote from the buyer’s orders and checkouts, from webhook payloads and from the search, ' +
      'and deletes the buyer’s carts and the record of lapsed reservations. The buyer’s id, lines ' +
      'and amounts stay. Orders that are not sent yet keep the data that sending needs. Repeating ' +
      'the request erases data that was kept or added since.',
    access: sellers('orders:write'),
    extraMs: () => ERASE_TIMEOUT_MS,
    params: z.object({ id: buyerId }),
    responses: {
      200: { description: 'What was erased, and what is kept.', schema: erasure },
      400: { description: 'The id is not valid for a buyer.' },
    },
  },
  async (input) => {
    const { id } = input.params;
    return { status: 200, body: { buyerId: id, ...(await eraseShopsBuyer(input, id)) } };
  },
);
