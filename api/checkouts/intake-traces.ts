import { SETTLE_CHECKOUTS, type SettleCheckoutsJob } from '../../shared/contract/jobs.ts';
import { errorMessage } from '../../shared/runtime/error-message.ts';
import type { CheckoutDraft } from '../../shared/store/collections/checkouts.ts';
import { type Span, startShared, type Tracing } from '../../shared/tracing/tracing.ts';

/**
 * Traces the groups in which checkouts are stored and enqueued. A group's span belongs to the trace
 * of the first sampled request of the group. The group's span and the spans of its other sampled
 * requests link to each other.
 */
export class IntakeTraces {
  readonly #tracing: Tracing;
  readonly #requests = new WeakMap<CheckoutDraft, Span>();

  constructor(tracing: Tracing) {
    this.#tracing = tracing;
  }

  /** Remembers that the active request stores this checkout. */
  remember(draft: CheckoutDraft): void {
    const span = this.#tracing.active();
    if (span === undefined) return;
    span.set({ 'lastunit.checkout.id': draft._id });
    if (span.isSampled) this.#requests.set(draft, span);
  }

  /**
   * Returns the trace context that the checkout's job carries; undefined if the request is not
   * sampled.
   */
  find(draft: CheckoutDraft | undefined): string | undefined {
    return draft && this.#requests.get(draft)?.traceparent;
  }

  /** Returns the trace contexts of the sampled checkouts of a group, by checkout id. */
  findAll(drafts: readonly CheckoutDraft[]): ReadonlyMap<string, string> {
    const traceparents = new Map<string, string>();
    for (const draft of drafts) {
      const traceparent = this.find(draft);
      if (traceparent !== undefined) traceparents.set(draft._id, traceparent);
    }
    return traceparents;
  }

  /** Stores a group of checkouts within a span. */
  async traceStoring<T>(drafts: readonly CheckoutDraft[], store: () => Promise<T>): Promise<T> {
    const requests = drafts.flatMap((draft) => this.#requests.get(draft) ?? []);
    const span = startShared(this.#tracing, 'store checkouts', toContexts(requests), {
      attributes: { 'db.system.name': 'mongodb', 'lastunit.group.size': drafts.length },
    });
    for (const request of requests.slice(1)) if (span) request.link(span.traceparent);
    return this.#within(span, store);
  }

  /** Adds a job within a span. */
  async traceSending<T>(job: SettleCheckoutsJob, send: () => Promise<T>): Promise<T> {
    const { checkouts } = job.data;
    const contexts = checkouts.flatMap(({ traceparent }) => traceparent ?? []);
    const { queue } = SETTLE_CHECKOUTS;
    const span = startShared(this.#tracing, `send ${queue}`, contexts, {
      kind: 'producer',
      attributes: {
        'messaging.system': 'bullmq',
        'messaging.operation.type': 'send',
        'messaging.destination.name': queue,
        'messaging.message.id': job.id,
        'messaging.batch.message_count': checkouts.length,
      },
    });
    return this.#within(span, send);
  }

  /**
   * Runs the work of a group in the span of the group. A group may be formed while any request is
   * active, and the span of that request must not be active in the work.
   */
  async #within<T>(span: Span | undefined, work: () => Promise<T>): Promise<T> {
    try {
      return await this.#tracing.run(span, work);
    } catch (error) {
      span?.fail(errorMessage(error));
      throw error;
    } finally {
      span?.end();
    }
  }
}

function toContexts(spans: readonly Span[]): string[] {
  return spans.map(({ traceparent }) => traceparent);
}
