import { z } from '@hono/zod-openapi';

const REASON_LENGTH_MAX = 200;

export const orderStatus = z.enum([
  'pending',
  'confirmed',
  'shipped',
  'delivered',
  'cancelled',
  'expired',
]);

/** Why an order is cancelled. */
export const cancelRequest = z
  .strictObject({ reason: z.string().max(REASON_LENGTH_MAX).regex(/\S/, 'Not blank.').trim() })
  .openapi('CancelRequest');

/** What one shop sells of one checkout; amounts in minor units. */
export const order = z
  .object({
    id: z.string(),
    checkoutId: z.string(),
    shopId: z.string(),
    buyerId: z.string(),
    status: orderStatus,
    lines: z.array(
      z.object({
        variantId: z.string(),
        productId: z.string(),
        sku: z.string(),
        title: z.string(),
        quantity: z.int().min(1),
        unitPrice: z.int().min(0),
      }),
    ),
    subtotal: z.int().min(0),
    discount: z.int().min(0),
    total: z.int().min(0),
    currency: z.string(),
    shippingAddress: z.record(z.string(), z.string()).optional(),
    placedAt: z.iso.datetime(),
    reservedUntil: z.iso
      .datetime()
      .describe('From then on it can no longer be confirmed; if pending, it expires.'),
    history: z.array(
      z.object({
        at: z.iso.datetime(),
        status: orderStatus,
        actor: z.string().describe('Who did it: the id of a key, or `system`.'),
        reason: z.string().optional(),
      }),
    ),
  })
  .openapi('Order');
