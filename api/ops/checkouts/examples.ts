import { EXAMPLE_IDS } from '../../../shared/contract/example-ids.ts';

const line = {
  variantId: EXAMPLE_IDS.variant,
  productId: EXAMPLE_IDS.product,
  shopId: EXAMPLE_IDS.shop,
  sku: 'TEE-S',
  title: 'Heavy cotton T-shirt, Small',
  quantity: 2,
  unitPrice: 1_900,
};

export const checkoutStoryExample = {
  checkout: {
    id: EXAMPLE_IDS.checkout,
    status: 'placed',
    storefrontId: EXAMPLE_IDS.shop,
    madeBy: EXAMPLE_IDS.key,
    buyerId: 'buyer-1',
    idempotencyKey: 'cart-8812-try-1',
    lines: [line],
    currency: 'GBP',
    total: 3_800,
    wakeups: 0,
  },
  orders: [
    {
      id: EXAMPLE_IDS.order,
      shopId: EXAMPLE_IDS.shop,
      status: 'pending',
      lines: [{ ...line, version: 58 }],
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
