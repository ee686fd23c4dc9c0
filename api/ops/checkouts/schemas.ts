import { z } from '@hono/zod-openapi';
import { EXAMPLE_IDS } from '../../../shared/contract/example-ids.ts';
import { type CheckoutRecord, toSentKey } from '../../../shared/store/collections/checkouts.ts';
import type { OrderRecord } from '../../../shared/store/collections/orders.ts';
import { checkoutStatus } from '../../carts/schemas.ts';
import { limitFields } from '../../catalog/limit-schemas.ts';
import { STAGES } from './waterfall.ts';

const exampleLine = {
  variantId: EXAMPLE_IDS.variant,
  productId: EXAMPLE_IDS.product,
  shopId: EXAMPLE_IDS.shop,
  sku: 'TEE-S',
  title: 'Heavy cotton T-shirt, Small',
  quantity: 2,
  unitPrice: 1_900,
};

const EXAMPLE = {
  explanation: 'It was placed: its units were reserved.',
  waterfall: [
    {
      stage: 'request',
      detail: 'from the request to the stored checkout',
      from: '2026-03-01T09:30:00.098Z',
      to: '2026-03-01T09:30:00.103Z',
    },
  ],
  checkout: {
    id: EXAMPLE_IDS.checkout,
    status: 'placed',
    storefrontId: EXAMPLE_IDS.shop,
    madeBy: EXAMPLE_IDS.key,
    buyerId: 'buyer-1',
    idempotencyKey: 'cart-8812-try-1',
    lines: [exampleLine],
    currency: 'GBP',
    total: 3_800,
    wakeups: 0,
  },
  orders: [
    {
      id: EXAMPLE_IDS.order,
      shopId: EXAMPLE_IDS.shop,
      status: 'pending',
      lines: [{ ...exampleLine, version: 58 }],
      subtotal: 3_800,
      discount: 0,
      total: 3_800,
      currency: 'GBP',
      reservedUntil: '2026-03-01T09:45:00.121Z',
    },
  ],
  jobs: [],
  timeline: [
    { at: '2026-03-01T09:30:00.103Z', subject: EXAMPLE_IDS.checkout, step: 'accepted' },
    { at: '2026-03-01T09:30:00.121Z', subject: EXAMPLE_IDS.checkout, step: 'placed' },
  ],
};

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
  .openapi('RecordedLine');

const appliedDiscount = z
  .object({
    discountId: z.string(),
    code: z.string(),
    amount: z.int(),
  })
  .openapi('RecordedDiscount');

const discountOfShop = appliedDiscount
  .extend({ shopId: z.string() })
  .openapi('RecordedShopDiscount');

const discountUse = appliedDiscount
  .extend({ version: z.int().describe('The version of the discount after this use.') })
  .openapi('RecordedDiscountUse');

const orderedLine = line
  .extend({ version: z.int().describe('The version of the stock after this line.') })
  .openapi('RecordedOrderLine');

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
    wakeups: z.int().describe('How many jobs the recovery sweep has added.'),
    rejection: z
      .object({
        code: z.string(),
        variantId: z.string().optional(),
        requested: z.int().optional(),
        available: z.int().optional(),
        version: z.int().optional(),
        ...limitFields,
        discountCode: z.string().optional(),
        shopId: z.string().optional(),
        reason: z.string().optional(),
      })
      .optional(),
    failure: z.string().optional(),
  })
  .openapi('RecordedCheckout');

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
  .openapi('RecordedOrder');

const job = z
  .object({
    id: z.string(),
    state: z.string(),
    attempts: z.int(),
    addedAt: time,
    startedAt: time.optional(),
    endedAt: time.optional(),
    failure: z.string().optional(),
    lockMs: z.int().optional().describe('From the start of the batch until it had its locks.'),
    commitMs: z.int().optional().describe('From the decision until the batch was committed.'),
  })
  .openapi('CheckoutJob');

/** What operators may see of a checkout: no shipping addresses, contacts and notes. */
export const checkoutHistory = z
  .object({
    explanation: z.string().describe('The outcome of the checkout and why, in one sentence.'),
    waterfall: z
      .array(
        z.object({
          stage: z.enum(STAGES),
          detail: z.string(),
          from: time,
          to: time.optional().describe('Absent while the stage lasts, or if its end is unknown.'),
        }),
      )
      .describe('The stages of the checkout. Events and deliveries are kept for seven days.'),
    checkout: record,
    orders: z.array(order),
    jobs: z.array(job).nullable().describe('Null while Redis does not answer.'),
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
  .openapi('CheckoutHistory', { example: EXAMPLE });

/** Presents a checkout to operators. The idempotency key is shown as the caller sent it. */
export function presentCheckout(record: CheckoutRecord) {
  const { _id, storefrontId, madeBy, buyerId, status, lines, currency, total, wakeups } = record;
  const { expectedTotal, rejection, failure } = record;
  const idempotencyKey = toSentKey(record);
  const { discounts, refusedDiscount, cartId } = record;
  return {
    id: _id,
    status,
    storefrontId,
    madeBy,
    buyerId,
    ...(idempotencyKey && { idempotencyKey }),
    lines,
    currency,
    total,
    ...(expectedTotal !== undefined && { expectedTotal }),
    ...(discounts && { discounts }),
    ...(refusedDiscount && { refusedDiscount }),
    ...(cartId !== undefined && { cartId }),
    wakeups,
    ...(rejection && { rejection }),
    ...(failure !== undefined && { failure }),
  };
}

/** Presents an order to operators. */
export function presentOrder(order: OrderRecord) {
  const { _id, shopId, status, lines, subtotal, discount, discounts } = order;
  const { total, currency, reservedUntil } = order;
  return {
    id: _id,
    shopId,
    status,
    lines,
    subtotal,
    discount,
    ...(discounts && { discounts }),
    total,
    currency,
    reservedUntil,
  };
}
