import { TEST_EVENT_TYPE } from '../../shared/contract/events.ts';
import { RefusedError } from '../../shared/domain/errors.ts';
import { withDeadline } from '../../shared/runtime/deadline.ts';
import { newId } from '../../shared/runtime/ids.ts';
import type { DeliveryRecord } from '../../shared/store/collections/webhook-deliveries.ts';
import type { Filter } from '../../shared/store/typed-collection.ts';
import { PAYLOAD_VERSION } from '../../shared/webhooks/event-for-shop.ts';
import { newDelivery } from '../../shared/webhooks/new-delivery.ts';
import { webhooksOwnedBy } from '../access/visibility.ts';
import { type AuditedCaller, recordAudit } from '../audit/record-audit.ts';
import { READ_TIMEOUT_MS, WRITE_TIMEOUT_MS } from '../http/bounds.ts';
import type { WebhooksContext } from './context.ts';
import { findWebhook } from './webhook-store.ts';

/** The most deliveries that one request can redeliver. */
export const REDELIVERIES_MAX = 1_000;

/**
 * Runs `request` with the current time, and makes the webhook due at once, even if its endpoint is
 * paused.
 * @throws RefusedError not_found or webhook_disabled
 */
async function requestAttempts<T>(
  { context, principal }: AuditedCaller<WebhooksContext>,
  webhookId: string,
  request: (now: Date) => Promise<T>,
): Promise<T> {
  const { store, clock, webhookQueue } = context;
  const work = async () => {
    const { isEnabled } = await findWebhook(store, principal, webhookId);
    if (!isEnabled) {
      throw new RefusedError('webhook_disabled', 'The webhook is disabled. Enable it first.');
    }
    const now = clock.now();
    const requested = await request(now);
    await store.webhooks.updateOne(
      { ...webhooksOwnedBy(principal), _id: webhookId },
      { $min: { dueAt: now }, $unset: { pausedUntil: '' } },
    );
    // Without Redis the worker's sweep finds the webhook.
    await webhookQueue.enqueue([webhookId]).catch(() => undefined);
    return requested;
  };
  return withDeadline('requesting deliveries', WRITE_TIMEOUT_MS, work());
}

/**
 * Requests another attempt of a delivery, which is made at once, even if the event was delivered
 * before. Repeating the request before the attempt begins does not add an attempt.
 * @throws RefusedError not_found or webhook_disabled
 */
export async function redeliver(
  caller: AuditedCaller<WebhooksContext>,
  webhookId: string,
  deliveryId: string,
): Promise<DeliveryRecord> {
  const { store } = caller.context;
  const owned = { ...webhooksOwnedBy(caller.principal), webhookId, _id: deliveryId };
  const requested = await requestAttempts(caller, webhookId, async (now) => {
    // With a new time, an attempt that is in progress does not count as the requested attempt.
    const $set = { redeliverAt: now };
    const changed = await store.webhookDeliveries.findOneAndUpdate(
      owned,
      { $set },
      { returnDocument: 'after' },
    );
    if (changed === null) throw new RefusedError('not_found', 'There is no such delivery.');
    return changed;
  });
  await recordAudit(caller, 'webhook.redelivered', { target: deliveryId });
  return requested;
}

/** Selects the deliveries to send again: with this status, and created at `since` or later. */
interface Redelivery {
  readonly since: Date;
  readonly status: 'failed' | 'delivered';
}

/** How many deliveries were requested, and whether more match. */
interface Redelivered {
  readonly count: number;
  readonly hasMore: boolean;
}

/**
 * Requests another attempt of the oldest matching deliveries, up to `REDELIVERIES_MAX`. Deliveries
 * that already wait for such an attempt are not counted, so the request can be repeated safely.
 * @throws RefusedError not_found or webhook_disabled
 */
export async function redeliverSince(
  caller: AuditedCaller<WebhooksContext>,
  webhookId: string,
  { since, status }: Redelivery,
): Promise<Redelivered> {
  const deliveries = caller.context.store.webhookDeliveries;
  const matching: Filter<DeliveryRecord> = {
    ...webhooksOwnedBy(caller.principal),
    webhookId,
    status,
    createdAt: { $gte: since },
    redeliverAt: { $exists: false },
    type: { $ne: TEST_EVENT_TYPE },
  };
  const result = await requestAttempts(caller, webhookId, async (now) => {
    const options = { projection: { _id: 1 }, limit: REDELIVERIES_MAX + 1 };
    const matches = await deliveries
      .find(matching, { ...options, sort: { _id: 1 }, maxTimeMS: READ_TIMEOUT_MS })
      .toArray();
    const ids = matches.slice(0, REDELIVERIES_MAX).map(({ _id }) => _id);
    const { modifiedCount } = await deliveries.updateMany(
      { ...matching, _id: { $in: ids } },
      { $set: { redeliverAt: now } },
    );
    return { count: modifiedCount, hasMore: matches.length > REDELIVERIES_MAX };
  });
  if (result.count > 0) {
    const detail = { since: since.toISOString(), status, count: result.count };
    await recordAudit(caller, 'webhook.redelivered', { target: webhookId, detail });
  }
  return result;
}

/**
 * Requests one attempt to send a test event, whatever types the webhook listens to.
 * @throws RefusedError not_found or webhook_disabled
 */
export async function sendTest(
  caller: AuditedCaller<WebhooksContext>,
  webhookId: string,
): Promise<DeliveryRecord> {
  const { shopId } = webhooksOwnedBy(caller.principal);
  const sent = await requestAttempts(caller, webhookId, async (now) => {
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
    await caller.context.store.webhookDeliveries.insertOne(delivery);
    return delivery;
  });
  await recordAudit(caller, 'webhook.tested', { target: webhookId });
  return sent;
}
