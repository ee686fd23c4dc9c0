import { z } from '@hono/zod-openapi';
import { checkoutStatus } from '../../carts/schemas.ts';
import { checkoutStoryExample } from './examples.ts';

export const checkoutParams = z.object({ id: z.string().max(64) });

const time = z.iso.datetime();

const line = z
  .object({
    variantId: z.string(),
    productId: z.string(),
    shopId: z.string(),
    sku: z.string(),
    title: z.string(),
    quantity: z.int(),
    unitPrice: z.int(),
    discount: z.int().optional(),
  })
  .openapi('StoryLine');

const appliedDiscount = z
  .object({
    discountId: z.string(),
    code: z.string(),
    amount: z.int(),
  })
  .openapi('StoryDiscount');

const discountOfShop = appliedDiscount.extend({ shopId: z.string() }).openapi('StoryShopDiscount');

const discountUse = appliedDiscount
  .extend({ version: z.int().describe('Discount version its use made.') })
  .openapi('StoryDiscountUse');

const orderedLine = line
  .extend({ version: z.int().describe('Stock version it made.') })
  .openapi('StoryOrderLine');

const record = z
  .object({
    id: z.string(),
    status: checkoutStatus,
    storefrontId: z.string(),
    madeBy: z.string(),
    buyerId: z.string(),
    idempotencyKey: z.string().optional(),
    lines: z.array(line),
    currency: z.string(),
    total: z.int(),
    expectedTotal: z.int().optional(),
    discounts: z.array(discountOfShop).optional(),
    refusedDiscount: z.object({ code: z.string(), reason: z.string() }).optional(),
    cartId: z.string().optional(),
    wakeups: z.int().describe('Jobs that the recovery sweep has added.'),
    rejection: z
      .object({
        code: z.string(),
        variantId: z.string().optional(),
        requested: z.int().optional(),
        available: z.int().optional(),
        version: z.int().optional(),
        discountCode: z.string().optional(),
        shopId: z.string().optional(),
        reason: z.string().optional(),
      })
      .optional(),
    failure: z.string().optional(),
  })
  .openapi('StoryCheckout');

const order = z
  .object({
    id: z.string(),
    shopId: z.string(),
    status: z.string(),
    lines: z.array(orderedLine),
    subtotal: z.int(),
    discount: z.int(),
    discounts: z.array(discountUse).optional(),
    total: z.int(),
    currency: z.string(),
    reservedUntil: time,
  })
  .openapi('StoryOrder');

const job = z
  .object({
    id: z.string(),
    state: z.string(),
    attempts: z.int(),
    addedAt: time,
    startedAt: time.optional(),
    endedAt: time.optional(),
    failure: z.string().optional(),
  })
  .openapi('StoryJob');

/** Everything that is known of one checkout but where it is sent to. */
export const checkoutStory = z
  .object({
    checkout: record,
    orders: z.array(order),
    jobs: z.array(job).nullable().describe('Null while the queue cannot be asked.'),
    timeline: z.array(
      z.object({
        at: time,
        subject: z.string(),
        step: z.string(),
        actor: z.string().optional(),
        reason: z.string().optional(),
      }),
    ),
  })
  .openapi('CheckoutStory', { example: checkoutStoryExample });
