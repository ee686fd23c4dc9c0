import { RefusedError } from '../../shared/domain/errors.ts';
import type { DeliveryRecord } from '../../shared/store/collections/webhook-deliveries.ts';
import type { WebhookRecord } from '../../shared/store/collections/webhooks.ts';
import type { Store } from '../../shared/store/store.ts';
import { webhooksOwnedBy } from '../access/visibility.ts';
import { READ_TIMEOUT_MS } from '../http/bounds.ts';
import type { Principal } from '../http/principal.ts';

interface Page {
  readonly limit: number;
  readonly after: string | undefined;
}

/**
 * Finds a webhook of the caller's shop.
 * @throws RefusedError not_found
 */
export async function findWebhook(
  store: Store,
  principal: Principal,
  id: string,
): Promise<WebhookRecord> {
  const found = await store.webhooks.findOne<WebhookRecord>(
    { ...webhooksOwnedBy(principal), _id: id },
    { maxTimeMS: READ_TIMEOUT_MS },
  );
  if (found !== null) return found;
  throw noSuchWebhook();
}

/** Returns the refusal for missing webhooks, which is the same for those of other shops. */
export function noSuchWebhook(): RefusedError {
  return new RefusedError('not_found', 'There is no such webhook of this shop.');
}

/** Lists webhooks, newest first: one more than `limit`, if there is one. */
export function listWebhooks(
  store: Store,
  principal: Principal,
  { limit, after }: Page,
): Promise<WebhookRecord[]> {
  return store.webhooks
    .find<WebhookRecord>(
      { ...webhooksOwnedBy(principal), ...(after !== undefined && { _id: { $lt: after } }) },
      { maxTimeMS: READ_TIMEOUT_MS },
    )
    .sort({ _id: -1 })
    .limit(limit + 1)
    .toArray();
}

/** Lists a webhook's deliveries, newest first: one more than `limit`, if there is one. */
export function listDeliveries(
  store: Store,
  principal: Principal,
  which: { readonly webhookId: string; readonly status?: DeliveryRecord['status'] | undefined },
  { limit, after }: Page,
): Promise<DeliveryRecord[]> {
  const { webhookId, status } = which;
  return store.webhookDeliveries
    .find<DeliveryRecord>(
      {
        ...webhooksOwnedBy(principal),
        webhookId,
        ...(status !== undefined && { status }),
        ...(after !== undefined && { _id: { $lt: after } }),
      },
      { maxTimeMS: READ_TIMEOUT_MS },
    )
    .sort({ _id: -1 })
    .limit(limit + 1)
    .toArray();
}
