/**
 * Traces of requests through the processes. Only `otlp-tracing.ts` uses OpenTelemetry. If tracing
 * is not configured there is no `Tracing`, and nothing is recorded, propagated or stored.
 */
export interface Tracing {
  /** Starts a span. Without a parent in `options`, the span begins a trace. */
  start(name: string, options?: SpanOptions): Span;
  /**
   * Makes the span active in `work` and in everything that it awaits. With `undefined`, no span is
   * active there.
   */
  run<Result>(span: Span | undefined, work: () => Result): Result;
  /** Returns the active span, if it has not ended. */
  active(): Span | undefined;
  /** Exports the remaining spans, for a bounded time. */
  close(): Promise<void>;
}

/** A step of a trace. Spans of traces that are not sampled do nothing. */
export interface Span {
  /** Identifies the span to other processes (W3C Trace Context). */
  readonly traceparent: string;
  readonly traceId: string;
  readonly spanId: string;
  /** Whether the trace is sampled. */
  readonly isSampled: boolean;
  set(attributes: SpanAttributes): void;
  /** Adds a link to a span of any trace. */
  link(traceparent: string): void;
  /** Marks the step as failed. */
  fail(reason: string): void;
  end(): void;
}

export interface SpanOptions {
  readonly kind?: 'server' | 'client' | 'producer' | 'consumer';
  /** The `traceparent` of the span that caused this span; an invalid value is ignored. */
  readonly parent?: string | undefined;
  /**
   * The `traceparent` of each span that this span is linked to; the first `LINKS_MAX` are kept.
   */
  readonly links?: readonly string[];
  readonly attributes?: SpanAttributes;
}

export type SpanAttributes = Readonly<Record<string, string | number | boolean>>;

/** Links that one span may have; a batch may have more checkouts. */
export const LINKS_MAX = 128;

/**
 * Starts the span of a step that several traces share, such as a batch. The span is in the first of
 * these traces, and has a link to each.
 * @returns undefined without traceparents
 */
export function startShared(
  tracing: Tracing,
  name: string,
  traceparents: readonly string[],
  options: Omit<SpanOptions, 'parent' | 'links'>,
): Span | undefined {
  const [parent] = traceparents;
  if (parent === undefined) return undefined;
  return tracing.start(name, { ...options, parent, links: traceparents });
}
