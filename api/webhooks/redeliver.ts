import { RefusedError } from '../../shared/domain/errors.ts';
import type { DeliveryRecord } from '../../shared/store/collections/webhook-deliveries.ts';
import { webhooksOwnedBy } from '../access/visibility.ts';
import type { ApiContext } from '../context.ts';
import type { Principal } from '../http/principal.ts';
import { findWebhook } from './webhook-store.ts';

/**
 * Asks for one more attempt at once, whatever became of those before. Asking again while the
 * attempt has not been made changes nothing.
 * @throws RefusedError not_found or webhook_disabled
 */
export async function redeliver(
  { store, clock }: ApiContext,
  principal: Principal,
  webhookId: string,
  deliveryId: string,
): Promise<DeliveryRecord> {
  const webhook = await findWebhook(store, principal, webhookId);
  if (!webhook.isEnabled) {
    throw new RefusedError('webhook_disabled', 'The webhook is off; switch it on first.');
  }
  const now = clock.now();
  const asked = await store.webhookDeliveries.collection.findOneAndUpdate(
    { ...webhooksOwnedBy(principal), webhookId, _id: deliveryId as never },
    { $set: { redeliverAt: now } },
    { returnDocument: 'after' },
  );
  if (asked === null) throw new RefusedError('not_found', 'There is no such delivery.');
  await store.webhooks.collection.updateOne(
    { ...webhooksOwnedBy(principal), _id: webhookId as never },
    { $min: { dueAt: now }, $inc: { wakeups: 1 }, $unset: { pausedUntil: '' } } as never,
  );
  return asked as unknown as DeliveryRecord;
}
