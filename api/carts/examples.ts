import { EXAMPLE_IDS } from '../../shared/contract/example-ids.ts';

export const lineRequestExample = { variantId: EXAMPLE_IDS.variant, quantity: 2 };

export const cartRequestExample = { buyerId: 'buyer-1', lines: [lineRequestExample] };

export const quantityRequestExample = { quantity: 3 };

const cart = {
  id: EXAMPLE_IDS.cart,
  buyerId: 'buyer-1',
  currency: 'GBP',
  createdAt: '2026-03-01T09:30:00.000Z',
  updatedAt: '2026-03-01T09:31:00.000Z',
  expiresAt: '2026-03-31T09:31:00.000Z',
};

export const cartExample = {
  ...cart,
  lines: [
    {
      variantId: EXAMPLE_IDS.variant,
      productId: EXAMPLE_IDS.product,
      shopId: EXAMPLE_IDS.shop,
      sku: 'TEE-S',
      title: 'Heavy cotton T-shirt, Small',
      quantity: 2,
      unitPrice: 1_900,
      total: 3_800,
      available: 10_000,
      isForSale: true,
    },
  ],
  subtotal: 3_800,
  isAmountTooLarge: false,
  isCheckedOut: false,
  changes: [{ variantId: EXAMPLE_IDS.variant, kind: 'price_changed', before: 2_100, after: 1_900 }],
};

export const cartSummaryExample = { ...cart, lineCount: 1, units: 2 };
