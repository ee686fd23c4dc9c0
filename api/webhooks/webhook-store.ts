import { RefusedError } from '../../shared/domain/errors.ts';
import type { DeliveryStatus } from '../../shared/store/collections/webhook-deliveries.ts';
import type { WebhookRecord } from '../../shared/store/collections/webhooks.ts';
import type { Store } from '../../shared/store/store.ts';
import { webhooksOwnedBy } from '../access/visibility.ts';
import { READ_TIMEOUT_MS } from '../http/bounds.ts';
import { type PageQuery, readNewestFirst } from '../http/paging.ts';
import type { Principal } from '../http/principal.ts';
import { presentDelivery, presentWebhook } from './present-webhook.ts';

/**
 * Finds a webhook of the caller's shop.
 * @throws RefusedError not_found
 */
export async function findWebhook(
  store: Store,
  principal: Principal,
  id: string,
): Promise<WebhookRecord> {
  const record = await store.webhooks.findOne<WebhookRecord>(
    { ...webhooksOwnedBy(principal), _id: id },
    { maxTimeMS: READ_TIMEOUT_MS },
  );
  if (record !== null) return record;
  throw noSuchWebhook();
}

/** Returns the refusal for a missing webhook, which is the same for a webhook of another shop. */
export function noSuchWebhook(): RefusedError {
  return new RefusedError('not_found', 'There is no such webhook of this shop.');
}

/**
 * Lists the webhooks of the caller's shop, newest first.
 * @throws RefusedError invalid_request if the cursor is invalid or belongs to another list
 */
export function listWebhooks(store: Store, principal: Principal, query: PageQuery) {
  const page = { list: 'webhooks', ...query };
  return readNewestFirst(store.webhooks, webhooksOwnedBy(principal), page, presentWebhook);
}

/**
 * Lists the deliveries to a webhook of the caller's shop, newest first.
 * @throws RefusedError not_found, or invalid_request if the cursor is invalid or belongs to another
 *   list
 */
export async function listDeliveries(
  store: Store,
  principal: Principal,
  id: string,
  { status, ...query }: PageQuery & { readonly status?: DeliveryStatus | undefined },
) {
  const { _id: webhookId, shopId } = await findWebhook(store, principal, id);
  const filter = { shopId, webhookId, ...(status && { status }) };
  const page = { list: 'webhook-deliveries', ...query };
  return readNewestFirst(store.webhookDeliveries, filter, page, presentDelivery);
}
