import { isSuspect, judgeEndpoint } from '../../shared/domain/webhooks/endpoint-health.ts';
import type { DisabledReason, WebhookRecord } from '../../shared/store/collections/webhooks.ts';
import { retryPendingNow } from '../../shared/webhooks/retry-pending-now.ts';
import { type DeliveryContext, ENDPOINT_REQUESTS_MAX } from './delivery-context.ts';
import { disableEndpoint } from './disable-endpoint.ts';
import type { SendResult } from './send/send-delivery.ts';

/** An attempt uses settings of the webhook that are at most this old. */
const WEBHOOK_AGE_MS_MAX = 100;
/** The endpoint accepts no more events (RFC 9110, 15.5.11). */
export const GONE = 410;
/** Answers about the whole endpoint, not about one event (RFC 6585, 4; RFC 9110, 15.6.4). */
const OVERLOADED: ReadonlySet<number> = new Set([429, 503]);

/** One run with an endpoint: its webhook as last read, and what its answers say about its health. */
export class EndpointRun {
  readonly #context: DeliveryContext;
  #webhook: WebhookRecord;
  #readAt: number;
  #reading: Promise<void> | undefined;
  /** The pause that the endpoint needs after this run, in ms. */
  pauseMs = 0;
  /** No new attempt starts: time is up, or the endpoint is paused, disabled, changed hands or gone. */
  isOver = false;
  delivered = 0;
  failed = 0;
  health: Pick<WebhookRecord, 'failures' | 'failingSince'>;
  /** Aborts the requests in flight. */
  readonly cutting: AbortSignal;

  constructor(context: DeliveryContext, webhook: WebhookRecord, cutting: AbortSignal) {
    this.#context = context;
    this.#webhook = webhook;
    this.#readAt = context.clock.now().getTime();
    this.health = healthOf(webhook);
    this.cutting = cutting;
  }

  get webhook(): WebhookRecord {
    return this.#webhook;
  }

  /** An endpoint that has been failing gets one request at a time. */
  get requestsMax(): number {
    return isSuspect(
      { failures: this.health.failures, failingSince: this.health.failingSince },
      this.#context.times.health,
    )
      ? 1
      : ENDPOINT_REQUESTS_MAX;
  }

  /** Reads the webhook again unless that was done just now; concurrent callers share one read. */
  async refresh(): Promise<void> {
    if (this.#reading === undefined && this.#age() <= WEBHOOK_AGE_MS_MAX) return;
    this.#reading ??= this.#read().finally(() => {
      this.#reading = undefined;
    });
    await this.#reading;
  }

  /** Judges the endpoint by one more attempt: whether it is paused or disabled. */
  async judge(webhook: WebhookRecord, result: SendResult): Promise<void> {
    const { error, status = 0, retryAfterMs } = result;
    // The answer of an address that has been changed says nothing about the new one.
    if (!isSameRestart(webhook, this.#webhook)) return;
    const { store, clock, times } = this.#context;
    const isSuccess = error === undefined;
    const isGone = status === GONE;
    // Other failures that were in flight when the pause was decided are the same incident.
    if (this.pauseMs > 0 && !isSuccess && !isGone) return;
    const askedMs = OVERLOADED.has(status) ? retryAfterMs : undefined;
    const judged = judgeEndpoint(
      { failures: this.health.failures, failingSince: this.health.failingSince },
      { isSuccess, askedMs },
      clock.now(),
      times.health,
    );
    this.health = healthOf(judged.health);
    // A success that was in flight when the pause was decided does not end it.
    this.pauseMs ||= judged.pauseMs;
    if (judged.pauseMs > 0) this.isOver = true;
    if (judged.isRecovered) await retryPendingNow(store, webhook._id, clock.now());
    if (isGone || judged.isDisabled) await this.#disable(isGone ? 'gone' : 'failing');
  }

  #age(): number {
    return this.#context.clock.now().getTime() - this.#readAt;
  }

  async #read(): Promise<void> {
    const { store, clock } = this.#context;
    const readAt = clock.now().getTime();
    const webhook = await store.webhooks.findOne({ _id: this.#webhook._id });
    this.#readAt = readAt;
    if (webhook?.isEnabled !== true) this.isOver = true;
    if (webhook === null) return;
    if (!isSameRestart(this.#webhook, webhook)) {
      this.health = healthOf(webhook);
      this.pauseMs = 0;
    }
    this.#webhook = webhook;
  }

  async #disable(reason: DisabledReason): Promise<void> {
    this.isOver = true;
    await disableEndpoint(this.#context, this.#webhook, reason);
  }
}

function healthOf({
  failures,
  failingSince,
}: Pick<WebhookRecord, 'failures'> & {
  readonly failingSince?: Date | undefined;
}): Pick<WebhookRecord, 'failures' | 'failingSince'> {
  return { failures, ...(failingSince && { failingSince }) };
}

/** A changed address or a re-enabled webhook starts anew: what was learnt before is void. */
function isSameRestart(before: WebhookRecord, now: WebhookRecord): boolean {
  return before.restartedAt?.getTime() === now.restartedAt?.getTime();
}
