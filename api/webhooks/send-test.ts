import { TEST_EVENT_TYPE } from '../../shared/contract/events.ts';
import { withDeadline } from '../../shared/runtime/deadline.ts';
import { newId } from '../../shared/runtime/ids.ts';
import type { DeliveryRecord } from '../../shared/store/collections/webhook-deliveries.ts';
import { PAYLOAD_VERSION } from '../../shared/webhooks/event-for-shop.ts';
import { newDelivery } from '../../shared/webhooks/new-delivery.ts';
import { webhooksOwnedBy } from '../access/visibility.ts';
import { type AuditedCaller, recordAudit } from '../audit/record-audit.ts';
import { WRITE_TIMEOUT_MS } from '../http/bounds.ts';
import type { Principal } from '../http/principal.ts';
import type { WebhooksContext } from './context.ts';
import { checkEnabled, enqueueWebhook } from './redeliver.ts';

/**
 * Has a test event sent to a webhook at once, once, whatever types it listens for.
 * @throws RefusedError not_found or webhook_disabled
 */
export async function sendTest(
  caller: AuditedCaller<WebhooksContext>,
  webhookId: string,
): Promise<DeliveryRecord> {
  const work = insertTest(caller.context, caller.principal, webhookId);
  const sent = await withDeadline('asking for a test', WRITE_TIMEOUT_MS, work);
  await recordAudit(caller, 'webhook.tested', { target: webhookId });
  return sent;
}

async function insertTest(
  context: WebhooksContext,
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
