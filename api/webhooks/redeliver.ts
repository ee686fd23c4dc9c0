import { TEST_EVENT_TYPE } from '../../shared/contract/events.ts';
import { RefusedError } from '../../shared/domain/errors.ts';
import { withDeadline } from '../../shared/runtime/deadline.ts';
import { newId } from '../../shared/runtime/ids.ts';
import type { DeliveryRecord } from '../../shared/store/collections/webhook-deliveries.ts';
import type { Store } from '../../shared/store/store.ts';
import type { Filter } from '../../shared/store/typed-collection.ts';
import { PAYLOAD_VERSION } from '../../shared/webhooks/event-for-shop.ts';
import { newDelivery } from '../../shared/webhooks/new-delivery.ts';
import { webhooksOwnedBy } from '../access/visibility.ts';
import { type AuditedCaller, recordAudit } from '../audit/record-audit.ts';
import { READ_TIMEOUT_MS, WRITE_TIMEOUT_MS } from '../http/bounds.ts';
import type { Principal } from '../http/principal.ts';
import type { WebhooksContext } from './context.ts';
import { findWebhook } from './webhook-store.ts';

/** Deliveries that one request can redeliver. */
export const REDELIVERIES_MAX = 1_000;

/** @throws RefusedError not_found or webhook_disabled */
async function checkEnabled(store: Store, principal: Principal, webhookId: string): Promise<void> {
  const webhook = await findWebhook(store, principal, webhookId);
  if (webhook.isEnabled) return;
  throw new RefusedError('webhook_disabled', 'The webhook is disabled. Enable it first.');
}

/** Makes a webhook due at once, even if its endpoint is paused. */
async function enqueueWebhook(
  { store, webhookQueue }: Pick<WebhooksContext, 'store' | 'webhookQueue'>,
  principal: Principal,
  webhookId: string,
  now: Date,
): Promise<void> {
  await store.webhooks.updateOne(
    { ...webhooksOwnedBy(principal), _id: webhookId },
    { $min: { dueAt: now }, $unset: { pausedUntil: '' } },
  );
  // Without Redis the worker's sweep finds it.
  await webhookQueue.enqueue([webhookId]).catch(() => undefined);
}

/**
 * Requests another attempt at once, even if the event was delivered. Repeating the request before the
 * attempt is made changes nothing.
 * @throws RefusedError not_found or webhook_disabled
 */
export async function redeliver(
  caller: AuditedCaller<WebhooksContext>,
  webhookId: string,
  deliveryId: string,
): Promise<DeliveryRecord> {
  const work = requestOne(caller.context, caller.principal, webhookId, deliveryId);
  const requested = await withDeadline('requesting a delivery', WRITE_TIMEOUT_MS, work);
  await recordAudit(caller, 'webhook.redelivered', { target: deliveryId });
  return requested;
}

async function requestOne(
  context: WebhooksContext,
  principal: Principal,
  webhookId: string,
  deliveryId: string,
): Promise<DeliveryRecord> {
  const { store, clock } = context;
  await checkEnabled(store, principal, webhookId);
  const now = clock.now();
  const requested = await store.webhookDeliveries.findOneAndUpdate(
    { ...webhooksOwnedBy(principal), webhookId, _id: deliveryId },
    { $set: { redeliverAt: now } },
    { returnDocument: 'after' },
  );
  if (requested === null) throw new RefusedError('not_found', 'There is no such delivery.');
  await enqueueWebhook(context, principal, webhookId, now);
  return requested;
}

/** The deliveries to send again: those created since a time that have this status. */
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
 * Requests another attempt of the oldest matching deliveries, up to a bound. Deliveries that already
 * wait for such an attempt are not counted, so the request can be repeated safely.
 * @throws RefusedError not_found or webhook_disabled
 */
export async function redeliverSince(
  caller: AuditedCaller<WebhooksContext>,
  webhookId: string,
  redelivery: Redelivery,
): Promise<Redelivered> {
  const work = requestSince(caller.context, caller.principal, webhookId, redelivery);
  const result = await withDeadline('requesting deliveries', WRITE_TIMEOUT_MS, work);
  if (result.count > 0) {
    const { since, status } = redelivery;
    const detail = { since: since.toISOString(), status, count: result.count };
    await recordAudit(caller, 'webhook.redelivered', { target: webhookId, detail });
  }
  return result;
}

async function requestSince(
  context: WebhooksContext,
  principal: Principal,
  webhookId: string,
  { since, status }: Redelivery,
): Promise<Redelivered> {
  const { store, clock } = context;
  await checkEnabled(store, principal, webhookId);
  const deliveries = store.webhookDeliveries;
  const waiting: Filter<DeliveryRecord> = {
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
  const requested = await deliveries.updateMany(
    { ...waiting, _id: { $in: ids } },
    { $set: { redeliverAt: now } },
  );
  await enqueueWebhook(context, principal, webhookId, now);
  return { count: requested.modifiedCount, hasMore: found.length > REDELIVERIES_MAX };
}

/**
 * Requests one attempt to send a test event, whatever types the webhook listens to.
 * @throws RefusedError not_found or webhook_disabled
 */
export async function sendTest(
  caller: AuditedCaller<WebhooksContext>,
  webhookId: string,
): Promise<DeliveryRecord> {
  const work = insertTest(caller.context, caller.principal, webhookId);
  const sent = await withDeadline('requesting a test', WRITE_TIMEOUT_MS, work);
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
