import { EXAMPLE_IDS } from '../../shared/contract/example-ids.ts';

const AT = '2026-03-01T09:30:00.000Z';

export const webhookRequestExample = {
  url: 'https://hooks.example.com/lastunit',
  events: ['order.*', 'stock.low'],
};

export const webhookChangesExample = { events: ['*'] };

export const webhookExample = {
  id: EXAMPLE_IDS.webhook,
  ...webhookRequestExample,
  isEnabled: true,
  createdAt: AT,
  updatedAt: AT,
};

export const newWebhookExample = {
  ...webhookExample,
  secret: 'whsec_dGhlIHNlY3JldCBpcyBzaG93biBvbmNl',
};

export const eventExample = {
  id: EXAMPLE_IDS.event,
  type: 'stock.adjusted',
  timestamp: AT,
  version: 1,
  data: {
    subjectId: EXAMPLE_IDS.variant,
    seq: 8,
    shopId: EXAMPLE_IDS.shop,
    productId: EXAMPLE_IDS.product,
    level: {
      variantId: EXAMPLE_IDS.variant,
      onHand: 40,
      reserved: 2,
      available: 38,
      sold: 12,
      version: 8,
      productId: EXAMPLE_IDS.product,
      lowStockThreshold: 5,
    },
    onHandDelta: 20,
    reason: 'delivery',
  },
};

export const redeliverRequestExample = { since: AT, status: 'failed' };

export const redeliveriesExample = { count: 12, hasMore: false };

export const deliveryExample = {
  id: EXAMPLE_IDS.delivery,
  eventId: EXAMPLE_IDS.event,
  type: eventExample.type,
  subjectId: EXAMPLE_IDS.variant,
  seq: 8,
  status: 'delivered',
  attemptCount: 1,
  attempts: [{ at: AT, durationMs: 84, status: 204, isManual: false }],
  createdAt: AT,
  deliveredAt: AT,
  payload: eventExample,
};
