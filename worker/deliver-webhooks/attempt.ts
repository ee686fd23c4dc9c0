import { TEST_EVENT_TYPE } from '../../shared/contract/events.ts';
import { nextDelayMs } from '../../shared/domain/webhooks/retry-schedule.ts';
import {
  ATTEMPTS_KEPT_MAX,
  DELIVERIES_KEPT_S,
  type DeliveryAttempt,
  type DeliveryRecord,
} from '../../shared/store/collections/webhook-deliveries.ts';
import type { Filter } from '../../shared/store/typed-collection.ts';
import type { DeliveryContext } from './delivery-context.ts';
import { type EndpointRun, GONE } from './endpoint-run.ts';
import { type SendResult, sendDelivery } from './send/send-delivery.ts';

/**
 * Sends one delivery once, records the attempt and judges the endpoint by it. Sends nothing if the
 * run is over.
 * @returns whether the receiver accepted it
 */
export async function attemptDelivery(
  context: DeliveryContext,
  run: EndpointRun,
  delivery: DeliveryRecord,
  isManual: boolean,
): Promise<boolean> {
  await run.refresh();
  if (run.isOver) return false;
  const at = context.clock.now();
  const { webhook } = run;
  const result = await sendDelivery(context, webhook, delivery, run.cutting);
  // Cut off by the shutdown: it may or may not have arrived, so it is sent again.
  if (result === undefined) return false;
  const isDelivered = result.error === undefined;
  context.onAttempt?.(result.error ?? 'delivered', result.durationMs);
  if (isDelivered) run.delivered += 1;
  else run.failed += 1;
  // Perhaps the name leads elsewhere by now.
  if (!isDelivered) context.names.forget(new URL(webhook.url).hostname);
  await recordAttempt(context, delivery, result, at, isManual);
  await run.judge(webhook, result);
  return isDelivered;
}

async function recordAttempt(
  context: DeliveryContext,
  delivery: DeliveryRecord,
  result: SendResult,
  at: Date,
  isManual: boolean,
): Promise<void> {
  const { retryAfterMs: _, ...logged } = result;
  const attempt: DeliveryAttempt = { at, ...logged, isManual };
  const log = {
    $push: { attempts: { $each: [attempt], $slice: -ATTEMPTS_KEPT_MAX } },
    $inc: { attemptCount: 1 },
    ...(isManual && { $unset: { redeliverAt: '' } }),
  };
  const deliveries = context.store.webhookDeliveries;
  const { _id, failures } = delivery;
  const next = outcomeOf(context, delivery, result, isManual);
  if (next !== undefined) {
    const $unset = { ...log.$unset, ...(next.nextAttemptAt ? {} : { nextAttemptAt: '' }) };
    // A failure counts only if no other attempt ended meanwhile; a success always counts.
    const unless: Filter<DeliveryRecord> =
      next.status === 'delivered' ? {} : { status: 'pending', failures };
    const change = { ...log, $set: next, $unset };
    const changed = await deliveries.updateOne({ _id, ...unless }, change);
    if (changed.matchedCount === 1) return;
  }
  await deliveries.updateOne({ _id: _id }, log);
}

/**
 * Returns what the attempt changes besides the log. A manual attempt does not touch the schedule.
 * Neither does 410, which is about the endpoint: the event keeps its place until the endpoint is
 * enabled again.
 */
function outcomeOf(
  { clock, times }: DeliveryContext,
  delivery: DeliveryRecord,
  { error, status, retryAfterMs }: SendResult,
  isManual: boolean,
): Partial<DeliveryRecord> | undefined {
  const now = clock.now();
  if (error === undefined) return { status: 'delivered', deliveredAt: now };
  // A test is tried once: whoever asked for it looks at how it went.
  if (delivery.type === TEST_EVENT_TYPE) return { status: 'failed', failures: 1 };
  if (isManual || delivery.status !== 'pending' || status === GONE) return undefined;
  const failures = delivery.failures + 1;
  const goneAt = delivery.createdAt.getTime() + DELIVERIES_KEPT_S * 1_000;
  const keptForMs = goneAt - now.getTime();
  const failed = { failures, random: Math.random(), retryAfterMs, keptForMs };
  const delayMs = nextDelayMs(times.retryDelaysMs, failed);
  if (delayMs === undefined) return { status: 'failed', failures };
  return { failures, nextAttemptAt: new Date(now.getTime() + delayMs) };
}
