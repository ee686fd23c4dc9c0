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

/** @throws RefusedError not_found unless the webhook is the caller's */
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

/** The refusal that does not tell a webhook of another shop from none. */
export function noSuchWebhook(): RefusedError {
  return new RefusedError('not_found', 'There is no such webhook of this shop.');
}

/** Newest first; one more than `limit`, if there is one. */
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

/** Those of one webhook, newest first; one more than `limit`, if there is one. */
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
