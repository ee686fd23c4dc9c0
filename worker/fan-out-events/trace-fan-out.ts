import type { DomainEvent } from '../../shared/contract/events.ts';
import type { OutboxRecord } from '../../shared/store/collections/outbox.ts';
import type { Span, Tracing } from '../../shared/tracing/tracing.ts';

/** The spans of traced events whose deliveries are being stored. */
export class FanOutTraces {
  readonly #tracing: Tracing;
  #open: Span[] = [];

  constructor(tracing: Tracing) {
    this.#tracing = tracing;
  }

  /**
   * Starts the span of an event, if its checkout is traced.
   * @returns the trace context that the event's deliveries keep; undefined without a span
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

  /** Ends the spans that were started since the last call. */
  end(): void {
    for (const span of this.#open) span.end();
    this.#open = [];
  }
}
