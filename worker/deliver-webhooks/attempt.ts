import { TEST_EVENT_TYPE } from '../../shared/contract/events.ts';
import { nextDelayMs } from '../../shared/domain/webhooks/retry-schedule.ts';
import {
  ATTEMPTS_KEPT_MAX,
  DELIVERIES_KEPT_S,
  type DeliveryAttempt,
  type DeliveryRecord,
} from '../../shared/store/collections/webhook-deliveries.ts';
import type { DeliveryContext } from './delivery-context.ts';
import { GONE, judgeAnswer } from './judge-answer.ts';
import { isSameRun, readIfOld } from './read-again.ts';
import { type SendResult, sendDelivery } from './send/send-delivery.ts';
import type { Turn } from './turn.ts';

/**
 * Tries one delivery once, puts the attempt on record and judges the endpoint by it. Nothing is
 * sent when it turns out that the turn is over.
 * @returns whether the receiver has it
 */
export async function attemptDelivery(
  context: DeliveryContext,
  turn: Turn,
  delivery: DeliveryRecord,
  isManual: boolean,
): Promise<boolean> {
  await readIfOld(context, turn);
  if (turn.isOver) return false;
  const at = context.clock.now();
  const { webhook, answers } = turn;
  const sending = { ...context, resolver: answers.resolve };
  const result = await sendDelivery(sending, webhook, delivery, turn.stopping);
  // The worker ends: nobody knows whether it arrived, so it is sent again.
  if (result === undefined) return false;
  context.onAttempt?.(result.error ?? 'delivered', result.durationMs);
  await recordAttempt(context, delivery, result, at, isManual);
  // What an address that was changed meanwhile answers says nothing about the new one.
  if (isSameRun(webhook, turn.webhook)) await judgeAnswer(context, turn, result, at);
  return result.error === undefined;
}

async function recordAttempt(
  context: DeliveryContext,
  delivery: DeliveryRecord,
  result: SendResult,
  at: Date,
  isManual: boolean,
): Promise<void> {
  const { retryAfterMs: _, ...told } = result;
  const attempt: DeliveryAttempt = { at, ...told, isManual };
  const log = {
    $push: { attempts: { $each: [attempt], $slice: -ATTEMPTS_KEPT_MAX } },
    $inc: { attemptCount: 1 },
    ...(isManual && { $unset: { redeliverAt: '' } }),
  };
  const deliveries = context.store.webhookDeliveries.collection;
  const { _id, failures } = delivery;
  const next = outcomeOf(context, delivery, result, isManual);
  if (next !== undefined) {
    const $unset = { ...log.$unset, ...(next.nextAttemptAt ? {} : { nextAttemptAt: '' }) };
    // A failure counts only if nobody else has had an outcome meanwhile; a success always does.
    const unless = next.status === 'delivered' ? {} : { status: 'pending', failures };
    const change = { ...log, $set: next, $unset };
    const changed = await deliveries.updateOne({ _id: _id as never, ...unless }, change as never);
    if (changed.matchedCount === 1) return;
  }
  await deliveries.updateOne({ _id: _id as never }, log as never);
}

/**
 * What the attempt changes but for the log. One asked for by hand leaves the schedule alone; so does
 * 410, which is about the endpoint and not about the event: that waits for the endpoint to be
 * switched on again, in its place before those that follow it.
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
