import { AsyncLocalStorage } from 'node:async_hooks';
import * as otel from '@opentelemetry/api';
import { parseTraceParent } from '@opentelemetry/core';
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-http';
import {
  defaultResource,
  detectResources,
  envDetector,
  resourceFromAttributes,
} from '@opentelemetry/resources';
import {
  BatchSpanProcessor,
  ParentBasedSampler,
  TraceIdRatioBasedSampler,
  TracerProvider,
} from '@opentelemetry/sdk-trace';
import { withDeadline } from '../runtime/deadline.ts';
import { LINKS_MAX, type Span, type SpanOptions, type Tracing } from './tracing.ts';

/** Spans that wait for the collector; more are dropped. */
export const SPANS_WAITING_MAX = 8_192;
const EXPORT_SPANS_MAX = 512;
const EXPORT_EVERY_MS = 1_000;
/** Bounds one export with its retries; OTEL_EXPORTER_OTLP_TIMEOUT can end it earlier. */
const EXPORT_TIMEOUT_MS = 10_000;
/** How long a closing process waits for the collector. */
const CLOSE_TIMEOUT_MS = 2_000;

const KINDS = {
  server: otel.SpanKind.SERVER,
  client: otel.SpanKind.CLIENT,
  producer: otel.SpanKind.PRODUCER,
  consumer: otel.SpanKind.CONSUMER,
} as const;

export interface OtlpOptions {
  /** The base URL of a collector that accepts OTLP in JSON over HTTP. */
  readonly endpoint: string;
  /** The share of new traces that are sampled, from 0 to 1. */
  readonly ratio: number;
  /** The name of the service, unless OTEL_SERVICE_NAME is set. */
  readonly serviceName: string;
  /** Receives the errors of exports. */
  readonly onProblem: (reason: string) => void;
}

/**
 * Opens tracing with OpenTelemetry. A span is sampled if its parent is. Of the traces that begin
 * here, the share `ratio` is sampled, chosen by trace id. The exporter reads its headers,
 * certificates, compression and timeout from the standard OTEL_EXPORTER_OTLP variables.
 */
export function openOtlpTracing(options: OtlpOptions): Tracing {
  const { endpoint, ratio, serviceName, onProblem } = options;
  reportProblems(onProblem);
  const provider = new TracerProvider({
    resource: defaultResource()
      .merge(resourceFromAttributes({ 'service.name': serviceName, 'process.pid': process.pid }))
      .merge(detectResources({ detectors: [envDetector] })),
    sampler: new ParentBasedSampler({ root: new TraceIdRatioBasedSampler(ratio) }),
    spanLimits: { linkCountLimit: LINKS_MAX },
    spanProcessors: [
      new BatchSpanProcessor({
        exporter: new OTLPTraceExporter({ url: `${endpoint.replace(/\/$/, '')}/v1/traces` }),
        maxQueueSize: SPANS_WAITING_MAX,
        maxExportBatchSize: EXPORT_SPANS_MAX,
        scheduledDelayMillis: EXPORT_EVERY_MS,
        exportTimeoutMillis: EXPORT_TIMEOUT_MS,
      }),
    ],
  });
  const tracer = provider.getTracer('lastunit');
  const storage = new AsyncLocalStorage<OtlpSpan | undefined>();
  return {
    start: (name, spanOptions = {}) => new OtlpSpan(startSpan(tracer, name, spanOptions)),
    run: (span, work) => storage.run(span as OtlpSpan | undefined, work),
    active: () => {
      const span = storage.getStore();
      return span?.hasEnded === false ? span : undefined;
    },
    close: async () => {
      await withDeadline('exporting spans', CLOSE_TIMEOUT_MS, provider.shutdown()).catch(
        (error: Error) => onProblem(error.message),
      );
    },
  };
}

/** Routes the SDK’s one global logger to `onProblem`. */
function reportProblems(onProblem: (reason: string) => void): void {
  const ignore = () => undefined;
  const logger = {
    error: onProblem,
    warn: onProblem,
    info: ignore,
    debug: ignore,
    verbose: ignore,
  };
  otel.diag.setLogger(logger, {
    logLevel: otel.DiagLogLevel.WARN,
    suppressOverrideMessage: true,
  });
}

function startSpan(tracer: otel.Tracer, name: string, options: SpanOptions): otel.Span {
  const { kind, parent, links = [], attributes = {} } = options;
  const parentContext = parent === undefined ? undefined : toSpanContext(parent);
  const context =
    parentContext === undefined
      ? otel.ROOT_CONTEXT
      : otel.trace.setSpanContext(otel.ROOT_CONTEXT, parentContext);
  const spanOptions: otel.SpanOptions = {
    kind: kind === undefined ? otel.SpanKind.INTERNAL : KINDS[kind],
    attributes,
    links: links
      .slice(0, LINKS_MAX)
      .flatMap((link) => toSpanContext(link) ?? [])
      .map(toLink),
  };
  return tracer.startSpan(name, spanOptions, context);
}

function toSpanContext(traceparent: string): otel.SpanContext | undefined {
  const context = parseTraceParent(traceparent);
  return context === null ? undefined : { ...context, isRemote: true };
}

function toLink(context: otel.SpanContext): otel.Link {
  return { context };
}

class OtlpSpan implements Span {
  readonly traceparent: string;
  readonly traceId: string;
  readonly spanId: string;
  readonly isSampled: boolean;
  readonly #span: otel.Span;
  hasEnded = false;

  constructor(span: otel.Span) {
    this.#span = span;
    const { traceId, spanId, traceFlags } = span.spanContext();
    this.traceId = traceId;
    this.spanId = spanId;
    this.isSampled = (traceFlags & otel.TraceFlags.SAMPLED) !== 0;
    this.traceparent = `00-${traceId}-${spanId}-${this.isSampled ? '01' : '00'}`;
  }

  set(attributes: Readonly<Record<string, string | number | boolean>>): void {
    this.#span.setAttributes(attributes);
  }

  link(traceparent: string): void {
    const context = toSpanContext(traceparent);
    if (context !== undefined) this.#span.addLink({ context });
  }

  fail(reason: string): void {
    this.#span.setStatus({ code: otel.SpanStatusCode.ERROR, message: reason });
  }

  end(): void {
    this.hasEnded = true;
    this.#span.end();
  }
}
