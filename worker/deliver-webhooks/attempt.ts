import { judgeEndpoint } from '../../shared/domain/webhooks/endpoint-health.ts';
import { nextDelayMs } from '../../shared/domain/webhooks/retry-schedule.ts';
import {
  ATTEMPTS_KEPT_MAX,
  DELIVERIES_KEPT_S,
  type DeliveryAttempt,
  type DeliveryRecord,
} from '../../shared/store/collections/webhook-deliveries.ts';
import { hurryPending } from '../../shared/webhooks/hurry-pending.ts';
import type { DeliveryContext } from './delivery-context.ts';
import { disableEndpoint } from './disable-endpoint.ts';
import { isSameRun, readIfOld } from './read-again.ts';
import { type SendResult, sendDelivery } from './send/send-delivery.ts';
import type { Turn } from './turn.ts';

const GONE = 410;
/** Answers about the receiver as a whole, not about this event (RFC 6585, 4; RFC 9110, 15.6.4). */
const ASKS_FOR_PATIENCE: ReadonlySet<number> = new Set([429, 503]);

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
  const { webhook } = turn;
  const result = await sendDelivery(context, webhook, delivery, turn.stopping);
  // The worker ends: nobody knows whether it arrived, so it is sent again.
  if (result === undefined) return false;
  await recordAttempt(context, delivery, result, at, isManual);
  // What an address that was changed meanwhile answers says nothing about the new one.
  if (isSameRun(webhook, turn.webhook)) await judge(context, turn, result);
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
  if (isManual || delivery.status !== 'pending' || status === GONE) return undefined;
  const failures = delivery.failures + 1;
  const goneAt = delivery.createdAt.getTime() + DELIVERIES_KEPT_S * 1_000;
  const keptForMs = goneAt - now.getTime();
  const failed = { failures, random: Math.random(), retryAfterMs, keptForMs };
  const delayMs = nextDelayMs(times.retryDelaysMs, failed);
  if (delayMs === undefined) return { status: 'failed', failures };
  return { failures, nextAttemptAt: new Date(now.getTime() + delayMs) };
}

async function judge(context: DeliveryContext, turn: Turn, result: SendResult): Promise<void> {
  const { clock, times } = context;
  const isSuccess = result.error === undefined;
  const isGone = result.status === GONE;
  // It is to be left alone already: what fails of the same wave tells nothing new.
  if (turn.pauseMs > 0 && !isSuccess && !isGone) return;
  const askedMs = ASKS_FOR_PATIENCE.has(result.status ?? 0) ? result.retryAfterMs : undefined;
  const outcome = { isSuccess, askedMs };
  const judged = judgeEndpoint(turn.health, outcome, clock.now(), times.health);
  turn.health = judged.health;
  // What of the same wave succeeds takes nothing back: it was under way before.
  turn.pauseMs ||= judged.pauseMs;
  if (judged.pauseMs > 0) turn.isOver = true;
  if (judged.isRecovered) await hurryPending(context.store, turn.webhook._id, clock.now());
  if (!isGone && !judged.isDisabled) return;
  turn.isOver = true;
  await disableEndpoint(context, turn.webhook, isGone ? 'gone' : 'failing');
}
