import { newId } from '../../../shared/runtime/ids.ts';
import type { DeliveryRecord } from '../../../shared/store/collections/webhook-deliveries.ts';
import type { WebhookRecord } from '../../../shared/store/collections/webhooks.ts';
import type { Store } from '../../../shared/store/store.ts';
import { toDeliveryId } from '../../../shared/webhooks/new-delivery.ts';

/** Counts slots above the slots that the API uses. */
let slot = 1_000;

/** Stores a webhook of the shop with a URL that does not exist, and a delivery to it. */
export async function givenWebhook(
  store: Store,
  shopId: string,
  changes: Partial<WebhookRecord> = {},
): Promise<{ readonly webhookId: string; readonly deliveryId: string }> {
  slot += 1;
  const now = new Date();
  const webhook: WebhookRecord = {
    _id: newId('whk'),
    shopId,
    slot,
    url: 'https://hooks.example.com/lastunit',
    events: ['*'],
    isEnabled: true,
    generation: 0,
    createdAt: now,
    updatedAt: now,
    failures: 0,
    ...changes,
  };
  await store.webhooks.insertOne(webhook);
  const deliveryId = await givenDelivery(store, webhook);
  return { webhookId: webhook._id, deliveryId };
}

/** Stores a successful delivery. */
export async function givenDelivery(
  store: Store,
  { _id: webhookId, shopId }: Pick<WebhookRecord, '_id' | 'shopId'>,
  changes: Partial<DeliveryRecord> = {},
): Promise<string> {
  const eventId = `${newId('evt')}-0`;
  const now = new Date();
  const delivery: DeliveryRecord = {
    _id: toDeliveryId(eventId, webhookId),
    webhookId,
    shopId,
    eventId,
    type: 'order.confirmed',
    subjectId: newId('ord'),
    seq: 2,
    payload: JSON.stringify({ id: eventId, type: 'order.confirmed' }),
    status: 'delivered',
    failures: 0,
    attempts: [{ at: now, durationMs: 20, status: 204, response: '', isManual: false }],
    attemptCount: 1,
    createdAt: now,
    deliveredAt: now,
    ...changes,
  };
  await store.webhookDeliveries.insertOne(delivery);
  return delivery._id;
}
