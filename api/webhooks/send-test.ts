import { TEST_EVENT_TYPE } from '../../shared/contract/events.ts';
import { newId } from '../../shared/runtime/ids.ts';
import type { DeliveryRecord } from '../../shared/store/collections/webhook-deliveries.ts';
import { PAYLOAD_VERSION } from '../../shared/webhooks/event-for-shop.ts';
import { newDelivery } from '../../shared/webhooks/new-delivery.ts';
import { webhooksOwnedBy } from '../access/visibility.ts';
import type { ApiContext } from '../context.ts';
import type { Principal } from '../http/principal.ts';
import { checkEnabled, enqueueWebhook } from './redeliver.ts';

/**
 * Has a test event sent to a webhook at once, once, whatever types it listens for.
 * @throws RefusedError not_found or webhook_disabled
 */
export async function sendTest(
  context: ApiContext,
  principal: Principal,
  webhookId: string,
): Promise<DeliveryRecord> {
  const { store, clock } = context;
  await checkEnabled(store, principal, webhookId);
  const now = clock.now();
  const { shopId } = webhooksOwnedBy(principal);
  const eventId = `${newId('evt')}-0`;
  const subject = { subjectId: webhookId, seq: 1 };
  const payload = {
    id: eventId,
    type: TEST_EVENT_TYPE,
    timestamp: now.toISOString(),
    version: PAYLOAD_VERSION,
    data: { ...subject, shopId },
  };
  const kind = { eventId, type: TEST_EVENT_TYPE, ...subject };
  const record = { webhookId, shopId, ...kind, payload: JSON.stringify(payload) };
  const delivery = { ...newDelivery(record, now), redeliverAt: now };
  await store.webhookDeliveries.insertOne(delivery);
  await enqueueWebhook(context, principal, webhookId, now);
  return delivery;
}
