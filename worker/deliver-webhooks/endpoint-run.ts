import { writeAudit } from '../../shared/audit/write-audit.ts';
import { TEST_EVENT_TYPE } from '../../shared/contract/events.ts';
import {
  type EndpointHealth,
  judgeEndpoint,
} from '../../shared/domain/webhooks/endpoint-health.ts';
import { nextDelayMs } from '../../shared/domain/webhooks/retry-schedule.ts';
import { newId } from '../../shared/runtime/ids.ts';
import {
  ATTEMPTS_KEPT_MAX,
  DELIVERIES_KEPT_S,
  type DeliveryRecord,
} from '../../shared/store/collections/webhook-deliveries.ts';
import type { DisabledReason, WebhookRecord } from '../../shared/store/collections/webhooks.ts';
import type { Filter } from '../../shared/store/typed-collection.ts';
import { retryPendingNow } from '../../shared/webhooks/retry-pending-now.ts';
import type { DeliveryContext, Stopping } from './delivery-context.ts';
import { type SendResult, sendDelivery } from './send-delivery.ts';

/** The endpoint accepts no more events (RFC 9110, 15.5.11). */
const GONE = 410;
/** Answers about the whole endpoint, not about one event (RFC 6585, 4; RFC 9110, 15.6.4). */
const OVERLOADED: ReadonlySet<number | undefined> = new Set([429, 503]);

/** One run with an endpoint: makes attempts, records them and judges the endpoint by them. */
export class EndpointRun {
  readonly #context: DeliveryContext;
  readonly #cutting: AbortSignal;
  readonly #ended = new AbortController();
  readonly #over: AbortSignal;
  /** The pause that the endpoint needs after this run. */
  pauseMs = 0;
  readonly counts = { delivered: 0, failed: 0 };
  /** As last read. */
  webhook: WebhookRecord;
  health: EndpointHealth;

  constructor(context: DeliveryContext, webhook: WebhookRecord, { ending, cutting }: Stopping) {
    this.#context = context;
    this.webhook = webhook;
    this.health = webhook;
    this.#cutting = cutting;
    const timeIsUp = AbortSignal.timeout(context.times.runMsMax);
    this.#over = AbortSignal.any([this.#ended.signal, ending, timeIsUp]);
  }

  /** Whether no new attempt may start. */
  get isOver(): boolean {
    return this.#over.aborted;
  }

  end(): void {
    this.#ended.abort();
  }

  /**
   * Sends one delivery once, unless the run is over.
   * @returns whether the receiver accepted it
   */
  async attempt(delivery: DeliveryRecord, isManual: boolean): Promise<boolean> {
    const { store, clock, names, onAttempt } = this.#context;
    const webhook = await store.webhooks.findOne({ _id: this.webhook._id });
    if (webhook?.isEnabled !== true) this.end();
    if (webhook === null || this.isOver) return false;
    if (!isSameRestart(this.webhook, webhook)) {
      this.health = webhook;
      this.pauseMs = 0;
    }
    this.webhook = webhook;
    const at = clock.now();
    const result = await sendDelivery(this.#context, webhook, delivery, this.#cutting);
    // The shutdown cut it off. It may have arrived or not, so it is sent again.
    if (result === undefined) return false;
    const isAccepted = result.error === undefined;
    onAttempt?.(result.error ?? 'delivered', result.durationMs);
    this.counts[isAccepted ? 'delivered' : 'failed'] += 1;
    // The name may have another address by now.
    if (!isAccepted) names.delete(new URL(webhook.url).hostname);
    await this.#record(delivery, result, at, isManual);
    await this.#judge(webhook, result);
    return isAccepted;
  }

  async #record(
    delivery: DeliveryRecord,
    result: SendResult,
    at: Date,
    isManual: boolean,
  ): Promise<void> {
    const { _id, failures } = delivery;
    const { retryAfterMs: _, ...logged } = result;
    const attempts = { $each: [{ at, ...logged, isManual }], $slice: -ATTEMPTS_KEPT_MAX };
    const log = { $push: { attempts }, $inc: { attemptCount: 1 } };
    const redelivered = isManual ? { redeliverAt: '' } : {};
    const deliveries = this.#context.store.webhookDeliveries;
    const $set = this.#progress(delivery, result, isManual);
    if ($set !== undefined) {
      // A failure counts only if no other attempt ended meanwhile. A success always counts.
      const unlessEnded: Filter<DeliveryRecord> =
        $set.status === 'delivered' ? {} : { status: 'pending', failures };
      const $unset = { ...redelivered, ...(!$set.nextAttemptAt && { nextAttemptAt: '' }) };
      const update = { ...log, $set, $unset };
      const { matchedCount } = await deliveries.updateOne({ _id, ...unlessEnded }, update);
      if (matchedCount === 1) return;
    }
    await deliveries.updateOne({ _id }, { ...log, $unset: redelivered });
  }

  /**
   * Returns what an attempt changes besides the log. A manual attempt does not change the schedule,
   * and neither does 410: the event keeps its place until the endpoint is enabled again.
   */
  #progress(
    { type, status, failures: before, createdAt }: DeliveryRecord,
    { error, status: answer, retryAfterMs }: SendResult,
    isManual: boolean,
  ): Partial<DeliveryRecord> | undefined {
    const { clock, times } = this.#context;
    const now = clock.now();
    if (error === undefined) return { status: 'delivered', deliveredAt: now };
    // A test is tried once.
    if (type === TEST_EVENT_TYPE) return { status: 'failed', failures: 1 };
    if (isManual || status !== 'pending' || answer === GONE) return undefined;
    const failures = before + 1;
    const keptForMs = createdAt.getTime() + DELIVERIES_KEPT_S * 1_000 - now.getTime();
    const failed = { failures, random: Math.random(), retryAfterMs, keptForMs };
    const delayMs = nextDelayMs(times.retryDelaysMs, failed);
    if (delayMs === undefined) return { status: 'failed', failures };
    return { failures, nextAttemptAt: new Date(now.getTime() + delayMs) };
  }

  async #judge(webhook: WebhookRecord, { error, status, retryAfterMs }: SendResult): Promise<void> {
    // The answer of an earlier address is not about the present one.
    if (!isSameRestart(webhook, this.webhook)) return;
    const { store, clock, times } = this.#context;
    const isSuccess = error === undefined;
    const isGone = status === GONE;
    // Other failures that were in flight when the pause was decided are the same incident.
    if (this.pauseMs > 0 && !isSuccess && !isGone) return;
    const outcome = { isSuccess, askedMs: OVERLOADED.has(status) ? retryAfterMs : undefined };
    const judged = judgeEndpoint(this.health, outcome, clock.now(), times.health);
    this.health = judged.health;
    // A success that was in flight when the pause was decided does not end it.
    this.pauseMs ||= judged.pauseMs;
    if (judged.pauseMs > 0) this.end();
    if (judged.isRecovered) await retryPendingNow(store, webhook._id, clock.now());
    if (isGone || judged.isDisabled) await this.#disable(isGone ? 'gone' : 'failing');
  }

  /** Disables the webhook and writes that to the audit log, unless the webhook was changed. */
  async #disable(reason: DisabledReason): Promise<void> {
    this.end();
    const { store, clock, log } = this.#context;
    const { _id, shopId, url, restartedAt = null } = this.webhook;
    const at = clock.now();
    const disabled = await store.webhooks.updateOne(
      { _id, url, isEnabled: true, restartedAt },
      { $set: { isEnabled: false, disabledReason: reason, updatedAt: at } },
    );
    if (disabled.modifiedCount === 0) return;
    log.warn({ webhookId: _id, reason }, 'disabled a webhook');
    const actor = { kind: 'system', id: 'worker' } as const;
    const what = { action: 'webhook.disabled', actor, outcome: 'done', target: _id } as const;
    await writeAudit(store, [{ _id: newId('aud'), at, ...what, shopId, detail: { reason } }]);
  }
}

/** Whether the endpoint was neither given another address nor enabled again in between. */
function isSameRestart(before: WebhookRecord, now: WebhookRecord): boolean {
  return before.restartedAt?.getTime() === now.restartedAt?.getTime();
}
