import { EXAMPLE_IDS } from '../../shared/contract/example-ids.ts';

export const checkoutRequestExample = {
  buyerId: 'buyer-1',
  lines: [{ variantId: EXAMPLE_IDS.variant, quantity: 2 }],
  contact: { email: 'ada@example.org', phone: '+44 20 7946 0018' },
  note: 'Ring twice, please.',
};

const checkout = {
  id: EXAMPLE_IDS.checkout,
  buyerId: 'buyer-1',
  currency: 'GBP',
  total: 3_800,
};

export const acceptedCheckoutExample = {
  ...checkout,
  status: 'queued',
  acceptedAt: '2026-03-01T09:30:00.103Z',
};

export const checkoutExample = {
  ...checkout,
  status: 'placed',
  orders: [{ id: EXAMPLE_IDS.order, shopId: EXAMPLE_IDS.shop, total: 3_800 }],
  timeline: [
    { at: '2026-03-01T09:30:00.101Z', step: 'received' },
    { at: '2026-03-01T09:30:00.103Z', step: 'accepted' },
    { at: '2026-03-01T09:30:00.112Z', step: 'picked_up' },
    { at: '2026-03-01T09:30:00.121Z', step: 'placed' },
  ],
};

/** The event stream of a checkout that was queued when the stream began. */
export const checkoutEventsExample = [
  'event: heartbeat\ndata: \n\n',
  `event: checkout\nid: 2\ndata: ${JSON.stringify(checkoutExample)}\n\n`,
].join('');

const amounts = { subtotal: 3_800, discount: 380, total: 3_420 };

export const checkoutReviewExample = {
  buyerId: 'buyer-1',
  currency: 'GBP',
  ...amounts,
  shops: [
    {
      shopId: EXAMPLE_IDS.shop,
      lines: [
        {
          variantId: EXAMPLE_IDS.variant,
          sku: 'TEE-S',
          title: 'Heavy cotton T-shirt, Small',
          quantity: 2,
          unitPrice: 1_900,
          discount: 380,
          total: 3_420,
          available: 10_000,
          isAvailable: true,
        },
      ],
      ...amounts,
      discounts: [{ code: 'WELCOME10', amount: 380 }],
    },
  ],
  refusedDiscounts: [],
  problems: [],
};
