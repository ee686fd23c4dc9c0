import { writeAudit } from '../../shared/audit/write-audit.ts';
import { newId } from '../../shared/runtime/ids.ts';
import type { DisabledReason, WebhookRecord } from '../../shared/store/collections/webhooks.ts';
import type { DeliveryContext } from './delivery-context.ts';

/**
 * Switches a webhook off and puts that on record for its shop. One that was changed meanwhile is
 * left as it is: the new address, or what was mended, may be better.
 */
export async function disableEndpoint(
  { store, clock, log }: DeliveryContext,
  { _id, shopId, url, restartedAt }: WebhookRecord,
  reason: DisabledReason,
): Promise<void> {
  const at = clock.now();
  const disabled = await store.webhooks.updateOne(
    { _id: _id, url, isEnabled: true, restartedAt: restartedAt ?? null },
    { $set: { isEnabled: false, disabledReason: reason, updatedAt: at } },
  );
  if (disabled.modifiedCount === 0) return;
  log.warn({ webhookId: _id, reason }, 'disabled a webhook');
  await writeAudit(store, [
    {
      _id: newId('aud'),
      at,
      action: 'webhook.disabled',
      actor: { kind: 'system', id: 'worker' },
      outcome: 'done',
      shopId,
      target: _id,
      detail: { reason },
    },
  ]);
}
