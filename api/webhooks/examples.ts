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

export const deliveryExample = {
  id: EXAMPLE_IDS.delivery,
  eventId: EXAMPLE_IDS.event,
  type: 'order.confirmed',
  subjectId: EXAMPLE_IDS.order,
  seq: 2,
  status: 'delivered',
  attemptCount: 1,
  attempts: [{ at: AT, durationMs: 84, status: 204, isManual: false }],
  createdAt: AT,
  deliveredAt: AT,
  payload: {
    type: 'order.confirmed',
    timestamp: AT,
    data: { orderId: EXAMPLE_IDS.order },
  },
};
