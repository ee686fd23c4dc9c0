import { writeAudit } from '../../shared/audit/write-audit.ts';
import {
  type EndpointHealth,
  isSuspect,
  judgeEndpoint,
} from '../../shared/domain/webhooks/endpoint-health.ts';
import { pause } from '../../shared/runtime/deadline.ts';
import { newId } from '../../shared/runtime/ids.ts';
import type { DeliveryRecord } from '../../shared/store/collections/webhook-deliveries.ts';
import type { DisabledReason, WebhookRecord } from '../../shared/store/collections/webhooks.ts';
import { inTransaction } from '../../shared/store/transaction.ts';
import { retryPendingNow } from '../../shared/webhooks/retry-pending-now.ts';
import { type DeliveryContext, ENDPOINT_REQUESTS_MAX, type Stopping } from './delivery-context.ts';
import { GONE, recordAttempt } from './record-attempt.ts';
import { type SendResult, sendDelivery } from './send-delivery.ts';
import { traceAttempt } from './trace-deliveries.ts';

/** The maximum number of requested redeliveries, and of due deliveries, that one search reads. */
const SEARCH_MAX = 200;
/** The most events of one subject that are sent before other subjects are served. */
export const SUBJECT_EVENTS_MAX = 10;
/** Statuses that concern the whole endpoint, not one event (RFC 6585, 4; RFC 9110, 15.6.4). */
const OVERLOADED: ReadonlySet<number | undefined> = new Set([429, 503]);

/** Tasks by their keys. At most one task of each key is in progress. */
type Tasks = Map<string, () => Promise<unknown>>;

/** One run with an endpoint: makes attempts, records them and judges the endpoint by them. */
export class EndpointRun {
  readonly #context: DeliveryContext;
  readonly #cutting: AbortSignal;
  readonly #ended = new AbortController();
  readonly #over: AbortSignal;
  /** The pause that the endpoint needs after this run; 0 if it needs none. */
  pauseMs = 0;
  readonly counts = { delivered: 0, failed: 0 };
  /** The webhook as it was when the run began. */
  readonly webhook: WebhookRecord;
  health: EndpointHealth;

  constructor(context: DeliveryContext, webhook: WebhookRecord, { ending, cutting }: Stopping) {
    this.#context = context;
    this.webhook = webhook;
    this.health = webhook;
    this.#cutting = cutting;
    const timeIsUp = AbortSignal.timeout(context.times.runMsMax);
    this.#over = AbortSignal.any([this.#ended.signal, ending, timeIsUp]);
  }

  /** Performs tasks concurrently, and starts the next task as soon as one ends. */
  async deliver(): Promise<void> {
    const running = new Map<string, Promise<unknown>>();
    const errors: unknown[] = [];
    const fail = (error: unknown) => {
      errors.push(error);
      this.#ended.abort();
    };
    let tasks: Tasks = new Map();
    while (!this.#over.aborted) {
      // A failing endpoint gets one request at a time.
      const isFailing = isSuspect(this.health, this.#context.times.health);
      const requestsMax = isFailing ? 1 : ENDPOINT_REQUESTS_MAX;
      const busy = [...running.keys()];
      if (tasks.size === 0 && busy.length < requestsMax) {
        tasks = (await this.#findTasks(busy).catch(fail)) ?? tasks;
      }
      for (const [key, perform] of [...tasks].slice(0, Math.max(0, requestsMax - running.size))) {
        tasks.delete(key);
        const ended = perform().catch(fail);
        const removed = ended.then(() => running.delete(key));
        running.set(key, removed);
      }
      // A task that ended during the search may have left more deliveries of its subject.
      if (busy.length === 0 && running.size === 0) break;
      await Promise.race([...running.values(), pause(this.#context.times.pollEveryMs)]);
    }
    await Promise.all(running.values());
    if (errors.length > 0) throw errors[0];
  }

  /** Finds requested redeliveries, then subjects with due deliveries, the longest due first. */
  async #findTasks(busy: readonly string[]): Promise<Tasks> {
    const { store, clock } = this.#context;
    const { _id: webhookId } = this.webhook;
    const tasks: Tasks = new Map();
    const requested = store.webhookDeliveries.find<Pick<DeliveryRecord, '_id'>>(
      { webhookId, redeliverAt: { $exists: true }, _id: { $nin: busy } },
      { projection: { _id: 1 }, sort: { redeliverAt: 1 }, limit: SEARCH_MAX },
    );
    for await (const { _id } of requested) tasks.set(_id, () => this.#redeliver(_id));
    const isDue = { nextAttemptAt: { $lte: clock.now() }, subjectId: { $nin: busy } };
    const due = await store.webhookDeliveries
      .find<Pick<DeliveryRecord, 'subjectId'>>(
        { status: 'pending', webhookId, ...isDue },
        { projection: { _id: 0, subjectId: 1 }, sort: { nextAttemptAt: 1 }, limit: SEARCH_MAX },
      )
      .toArray();
    for (const [subjectId, { length }] of Map.groupBy(due, (delivery) => delivery.subjectId)) {
      const eventsMax = Math.min(length, SUBJECT_EVENTS_MAX);
      tasks.set(subjectId, () => this.#deliverSubject(subjectId, eventsMax));
    }
    return tasks;
  }

  /**
   * Makes a requested attempt. Reads the delivery only now, because its personal data may have been
   * erased since its request was found.
   */
  async #redeliver(_id: string): Promise<void> {
    const requested = { _id, redeliverAt: { $exists: true } };
    const delivery = await this.#context.store.webhookDeliveries.findOne(requested);
    if (delivery !== null) await this.#attempt(delivery, true);
  }

  /**
   * Sends a subject's events in order. Each event waits until the event before it is delivered or
   * given up.
   */
  async #deliverSubject(subjectId: string, eventsMax: number): Promise<void> {
    const { store, clock } = this.#context;
    const pending = { webhookId: this.webhook._id, subjectId, status: 'pending' } as const;
    for (let sent = 0; sent < eventsMax && !this.#over.aborted; sent += 1) {
      const first = await store.webhookDeliveries.findOne(pending, { sort: { seq: 1, _id: 1 } });
      const { nextAttemptAt } = first ?? {};
      if (nextAttemptAt !== undefined && nextAttemptAt > clock.now()) {
        // The later events of the subject wait for this event.
        const behind = { ...pending, nextAttemptAt: { $lt: nextAttemptAt } };
        await store.webhookDeliveries.updateMany(behind, { $set: { nextAttemptAt } });
        return;
      }
      if (first === null || !(await this.#attempt(first, false))) return;
    }
  }

  /**
   * Makes due the events of a subject that were never tried, because they waited for an event that
   * is now delivered. If another event is before them, `#deliverSubject` makes them wait for it.
   */
  async #endWait({ subjectId }: DeliveryRecord): Promise<void> {
    const { store, clock } = this.#context;
    const now = clock.now();
    const pending = { webhookId: this.webhook._id, subjectId, status: 'pending' } as const;
    await store.webhookDeliveries.updateMany(
      { ...pending, failures: 0, nextAttemptAt: { $gt: now } },
      { $set: { nextAttemptAt: now } },
    );
  }

  /**
   * Sends one delivery once, unless the run is over.
   * @returns whether the receiver accepted it; false also if nothing was sent
   */
  async #attempt(delivery: DeliveryRecord, isManual: boolean): Promise<boolean> {
    if (this.#over.aborted) return false;
    const { store, clock, names, onAttempt, tracing } = this.#context;
    const { _id, restartedAt = null } = this.webhook;
    const webhook = await store.webhooks.findOne({ _id, isEnabled: true, restartedAt });
    // If the address was changed or the webhook enabled again, the next run continues.
    if (webhook === null) this.#ended.abort();
    if (webhook === null || this.#over.aborted) return false;
    const at = clock.now();
    const result = await traceAttempt(tracing, webhook, delivery, (traceparent) =>
      sendDelivery(this.#context, webhook, { ...delivery, traceparent }, this.#cutting),
    );
    // The shutdown aborted the attempt. The event may have arrived or not, so it is sent again.
    if (result === undefined) return false;
    const isAccepted = result.error === undefined;
    onAttempt?.(result.error ?? 'delivered', result.durationMs);
    this.counts[isAccepted ? 'delivered' : 'failed'] += 1;
    // The name may have another address by now.
    if (!isAccepted) names.delete(new URL(webhook.url).hostname);
    await recordAttempt(this.#context, delivery, result, { at, isManual });
    if (isManual && isAccepted && delivery.status === 'pending') await this.#endWait(delivery);
    await this.#judge(result);
    return isAccepted;
  }

  async #judge({ error, status, retryAfterMs }: SendResult): Promise<void> {
    const { store, clock, times } = this.#context;
    const isSuccess = error === undefined;
    const isGone = status === GONE;
    // Other failures that were in flight when the pause was decided belong to the same incident.
    if (this.pauseMs > 0 && !isSuccess && !isGone) return;
    const outcome = { isSuccess, askedMs: OVERLOADED.has(status) ? retryAfterMs : undefined };
    const judged = judgeEndpoint(this.health, outcome, clock.now(), times.health);
    this.health = judged.health;
    // A success that was in flight when the pause was decided does not end the pause.
    this.pauseMs ||= judged.pauseMs;
    if (judged.pauseMs > 0) this.#ended.abort();
    if (judged.isRecovered) await retryPendingNow(store, this.webhook._id, clock.now());
    if (isGone || judged.isDisabled) await this.#disable(isGone ? 'gone' : 'failing');
  }

  /**
   * Disables the webhook and writes the audit entry, unless the webhook was disabled or restarted
   * meanwhile.
   */
  async #disable(reason: DisabledReason): Promise<void> {
    this.#ended.abort();
    const { store, clock, log } = this.#context;
    const { _id, shopId, restartedAt = null } = this.webhook;
    const at = clock.now();
    const actor = { kind: 'system', id: 'worker' } as const;
    const disabling = { action: 'webhook.disabled', actor, outcome: 'done', target: _id } as const;
    const entry = { _id: newId('aud'), at, ...disabling, shopId, detail: { reason } };
    const isDisabled = await inTransaction(store, async (session) => {
      const { modifiedCount } = await store.webhooks.updateOne(
        { _id, isEnabled: true, restartedAt },
        { $set: { isEnabled: false, disabledReason: reason, updatedAt: at } },
        { session },
      );
      if (modifiedCount === 1) await writeAudit(store, [entry], session);
      return modifiedCount === 1;
    });
    if (isDisabled) log.warn({ webhookId: _id, reason }, 'disabled a webhook');
  }
}
