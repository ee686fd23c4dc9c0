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
import type { SendResult } from './send-delivery.ts';

/** The status of an endpoint that accepts no more events (RFC 9110, 15.5.11). */
export const GONE = 410;

/**
 * Adds an attempt to the log of its delivery. Also changes the status or the schedule of the
 * delivery as `toProgress` decides. A failure changes neither if another attempt has ended
 * meanwhile.
 */
export async function recordAttempt(
  context: DeliveryContext,
  delivery: DeliveryRecord,
  result: SendResult,
  { at, isManual }: Pick<DeliveryAttempt, 'at' | 'isManual'>,
): Promise<void> {
  const { webhookDeliveries } = context.store;
  const { _id, failures } = delivery;
  const { retryAfterMs: _, ...logged } = result;
  const attempts = { $each: [{ at, ...logged, isManual }], $slice: -ATTEMPTS_KEPT_MAX };
  const log = { $push: { attempts }, $inc: { attemptCount: 1 } };
  const redelivered = isManual ? { redeliverAt: '' } : {};
  const $set = toProgress(context, delivery, result, isManual);
  if ($set !== undefined) {
    // A failure counts only if no other attempt ended meanwhile. A success always counts.
    const unlessEnded: Filter<DeliveryRecord> =
      $set.status === 'delivered' ? {} : { status: 'pending', failures };
    const $unset = { ...redelivered, ...(!$set.nextAttemptAt && { nextAttemptAt: '' }) };
    const update = { ...log, $set, $unset };
    const { matchedCount } = await webhookDeliveries.updateOne({ _id, ...unlessEnded }, update);
    if (matchedCount === 1) return;
  }
  await webhookDeliveries.updateOne({ _id }, { ...log, $unset: redelivered });
}

/**
 * Returns the changes of a delivery after an attempt, apart from its log; undefined if there are
 * none. A failed manual attempt does not change the schedule. Neither does a 410: the delivery
 * stays due, so it is sent when the endpoint is enabled again.
 */
function toProgress(
  { clock, times }: DeliveryContext,
  { type, status, failures: before, createdAt }: DeliveryRecord,
  { error, status: answer, retryAfterMs }: SendResult,
  isManual: boolean,
): Partial<DeliveryRecord> | undefined {
  const now = clock.now();
  if (error === undefined) return { status: 'delivered', deliveredAt: now };
  // A test event is tried only once.
  if (type === TEST_EVENT_TYPE) return { status: 'failed', failures: 1 };
  if (isManual || status !== 'pending' || answer === GONE) return undefined;
  const failures = before + 1;
  const keptForMs = createdAt.getTime() + DELIVERIES_KEPT_S * 1_000 - now.getTime();
  const failed = { failures, random: Math.random(), retryAfterMs, keptForMs };
  const delayMs = nextDelayMs(times.retryDelaysMs, failed);
  if (delayMs === undefined) return { status: 'failed', failures };
  return { failures, nextAttemptAt: new Date(now.getTime() + delayMs) };
}
