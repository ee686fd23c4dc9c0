import { TEST_EVENT_TYPE } from '../../shared/contract/events.ts';
import { nextDelayMs } from '../../shared/domain/webhooks/retry-schedule.ts';
import {
  ATTEMPTS_KEPT_MAX,
  DELIVERIES_KEPT_S,
  type DeliveryAttempt,
  type DeliveryRecord,
} from '../../shared/store/collections/webhook-deliveries.ts';
import type { DeliveryContext } from './delivery-context.ts';
import type { SendResult } from './send-delivery.ts';

/** The status of an endpoint that accepts no more events (RFC 9110, 15.5.11). */
export const GONE = 410;

/**
 * Adds an attempt to the log of its delivery. Also changes the status or the schedule of the
 * delivery as `toProgress` decides. A failure changes neither if another attempt has ended
 * meanwhile. A redelivery that was requested during a requested attempt stays requested. If the
 * personal data of the delivery were erased during the attempt, the response is left out: it may
 * repeat these data, and no later erasure would find it.
 */
export async function recordAttempt(
  context: DeliveryContext,
  delivery: DeliveryRecord,
  result: SendResult,
  { at, isManual }: Pick<DeliveryAttempt, 'at' | 'isManual'>,
): Promise<void> {
  const { _id, redeliverAt, isPersonal } = delivery;
  const { retryAfterMs: _, response, ...logged } = result;
  const attempt = { at, ...logged, isManual };
  const answered = response === undefined ? attempt : { ...attempt, response };
  const kept = { $cond: ['$isPersonal', { $literal: answered }, { $literal: attempt }] };
  const entry = isPersonal ? kept : { $literal: answered };
  const progress = toProgress(context, delivery, result, isManual);
  // The request of this attempt, unless a later request has replaced it.
  const isOwnRequest = { $eq: ['$redeliverAt', redeliverAt] };
  await context.store.webhookDeliveries.updateOne({ _id }, [
    {
      $set: {
        attempts: { $slice: [{ $concatArrays: ['$attempts', [entry]] }, -ATTEMPTS_KEPT_MAX] },
        attemptCount: { $add: ['$attemptCount', 1] },
        ...(progress && toChanges(progress, delivery)),
        ...(isManual && { redeliverAt: { $cond: [isOwnRequest, '$$REMOVE', '$redeliverAt'] } }),
      },
    },
  ]);
}

/** Returns the members of a `$set` stage that make this progress. */
function toChanges(
  { nextAttemptAt, ...fields }: Progress,
  { failures }: DeliveryRecord,
): Record<string, unknown> {
  // A failure counts only if no other attempt ended meanwhile. A success always counts.
  const isCounted =
    fields.status === 'delivered' ||
    ({ $and: [{ $eq: ['$status', 'pending'] }, { $eq: ['$failures', failures] }] } as const);
  const changes = Object.entries(fields).map(([name, value]) => [
    name,
    { $cond: [isCounted, { $literal: value }, `$${name}`] },
  ]);
  return {
    ...Object.fromEntries(changes),
    nextAttemptAt: { $cond: [isCounted, nextAttemptAt ?? '$$REMOVE', '$nextAttemptAt'] },
  };
}

/** Without `nextAttemptAt`, the delivery is no longer due. */
type Progress = Pick<DeliveryRecord, 'nextAttemptAt'> &
  Partial<Pick<DeliveryRecord, 'status' | 'failures' | 'deliveredAt'>>;

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
): Progress | undefined {
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
