import type { DomainEvent } from '../../shared/contract/events.ts';
import type { OutboxRecord } from '../../shared/store/collections/outbox.ts';
import type { DeliveryRecord } from '../../shared/store/collections/webhook-deliveries.ts';
import type { WebhookRecord } from '../../shared/store/collections/webhooks.ts';
import type { Span, Tracing } from '../../shared/tracing/tracing.ts';
import type { SendResult } from './send-delivery.ts';

/** The spans of traced events whose deliveries are being stored. */
export class FanOutTraces {
  readonly #tracing: Tracing;
  #open: Span[] = [];

  constructor(tracing: Tracing) {
    this.#tracing = tracing;
  }

  /**
   * Starts the span of an event, if its checkout is traced.
   * @returns the trace context that the event's deliveries keep
   */
  start(
    { traceparents }: Pick<OutboxRecord, 'traceparents'>,
    { id, type, subjectId }: DomainEvent,
  ): string | undefined {
    const parent = traceparents?.[subjectId];
    if (parent === undefined) return undefined;
    const span = this.#tracing.start('fan out event', {
      kind: 'producer',
      parent,
      attributes: {
        'lastunit.event.id': id,
        'lastunit.event.type': type,
        'lastunit.checkout.id': subjectId,
      },
    });
    this.#open.push(span);
    return span.traceparent;
  }

  /** Ends the spans of all events that were started. */
  end(): void {
    for (const span of this.#open) span.end();
    this.#open = [];
  }
}

/**
 * Makes an attempt within a span, if the delivery is traced.
 * @param send gets the trace context for the receiver
 */
export async function traceAttempt(
  tracing: Tracing | undefined,
  webhook: WebhookRecord,
  delivery: DeliveryRecord,
  send: (traceparent?: string) => Promise<SendResult | undefined>,
): Promise<SendResult | undefined> {
  const { traceparent: parent, attemptCount, eventId, type } = delivery;
  if (tracing === undefined || parent === undefined) return send();
  const span = tracing.start('POST', {
    kind: 'client',
    parent,
    attributes: {
      'http.request.method': 'POST',
      'http.request.resend_count': attemptCount,
      // The path may hold a secret of the receiver.
      'server.address': new URL(webhook.url).hostname,
      'lastunit.webhook.id': webhook._id,
      'lastunit.event.id': eventId,
      'lastunit.event.type': type,
    },
  });
  try {
    const result = await tracing.run(span, () => send(span.traceparent));
    const { status, error } = result ?? { error: 'stopped' };
    if (status !== undefined) span.set({ 'http.response.status_code': status });
    if (error !== undefined) span.fail(error);
    return result;
  } finally {
    span.end();
  }
}
