import { TEST_EVENT_TYPE } from '../../shared/contract/events.ts';
import { RefusedError } from '../../shared/domain/errors.ts';
import type { DeliveryRecord } from '../../shared/store/collections/webhook-deliveries.ts';
import type { Store } from '../../shared/store/store.ts';
import { webhooksOwnedBy } from '../access/visibility.ts';
import type { ApiContext } from '../context.ts';
import { READ_TIMEOUT_MS } from '../http/bounds.ts';
import type { Principal } from '../http/principal.ts';
import { findWebhook } from './webhook-store.ts';

/** Deliveries that one request can ask for. */
export const REDELIVERIES_MAX = 1_000;

/** @throws RefusedError not_found or webhook_disabled */
export async function checkEnabled(
  store: Store,
  principal: Principal,
  webhookId: string,
): Promise<void> {
  const webhook = await findWebhook(store, principal, webhookId);
  if (webhook.isEnabled) return;
  throw new RefusedError('webhook_disabled', 'The webhook is off; switch it on first.');
}

/** Has workers look at a webhook at once, even if its endpoint was failing. */
export async function wakeWebhook(
  store: Store,
  principal: Principal,
  webhookId: string,
  now: Date,
): Promise<void> {
  await store.webhooks.collection.updateOne(
    { ...webhooksOwnedBy(principal), _id: webhookId as never },
    { $min: { dueAt: now }, $inc: { wakeups: 1 }, $unset: { pausedUntil: '' } } as never,
  );
}

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
  await checkEnabled(store, principal, webhookId);
  const now = clock.now();
  const asked = await store.webhookDeliveries.collection.findOneAndUpdate(
    { ...webhooksOwnedBy(principal), webhookId, _id: deliveryId as never },
    { $set: { redeliverAt: now } },
    { returnDocument: 'after' },
  );
  if (asked === null) throw new RefusedError('not_found', 'There is no such delivery.');
  await wakeWebhook(store, principal, webhookId, now);
  return asked as unknown as DeliveryRecord;
}

/** Which deliveries are to be sent again: those made since a time that ended like this. */
interface Redelivery {
  readonly since: Date;
  readonly status: 'failed' | 'delivered';
}

/**
 * Asks for one more attempt of the oldest deliveries, a bounded number of them. Those that wait for
 * such an attempt already are not counted, so asking again is harmless.
 * @throws RefusedError not_found or webhook_disabled
 */
export async function redeliverSince(
  { store, clock }: ApiContext,
  principal: Principal,
  webhookId: string,
  { since, status }: Redelivery,
): Promise<{ readonly count: number; readonly hasMore: boolean }> {
  await checkEnabled(store, principal, webhookId);
  const deliveries = store.webhookDeliveries.collection;
  const waiting = {
    ...webhooksOwnedBy(principal),
    webhookId,
    status,
    createdAt: { $gte: since },
    redeliverAt: { $exists: false },
    type: { $ne: TEST_EVENT_TYPE },
  };
  const found = await deliveries
    .find<Pick<DeliveryRecord, '_id'>>(waiting, {
      projection: { _id: 1 },
      sort: { _id: 1 },
      limit: REDELIVERIES_MAX + 1,
      maxTimeMS: READ_TIMEOUT_MS,
    })
    .toArray();
  const ids = found.slice(0, REDELIVERIES_MAX).map(({ _id }) => _id);
  if (ids.length === 0) return { count: 0, hasMore: false };
  const now = clock.now();
  const asked = await deliveries.updateMany(
    { ...waiting, _id: { $in: ids as never[] } },
    { $set: { redeliverAt: now } },
  );
  await wakeWebhook(store, principal, webhookId, now);
  return { count: asked.modifiedCount, hasMore: found.length > REDELIVERIES_MAX };
}
