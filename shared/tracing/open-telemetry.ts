import type { Env } from '../runtime/env.ts';
import { createLogger, type Logger } from '../runtime/logger.ts';
import type { Tracing } from './tracing.ts';

/** Where traces are sent, and how many of them. */
export interface TracingConfig {
  /** The base URL of a collector that accepts OTLP in JSON over HTTP. */
  readonly endpoint: string;
  /** The share of new traces that are sampled, from 0 to 1. */
  readonly ratio: number;
}

/** Reads the tracing settings. Returns undefined if tracing is off. */
export function readTracing(
  env: Pick<
    Env,
    'otelExporterOtlpEndpoint' | 'otelSdkDisabled' | 'otelTracesSampler' | 'otelTracesSamplerArg'
  >,
): TracingConfig | undefined {
  const { otelExporterOtlpEndpoint: endpoint, otelTracesSampler, otelTracesSamplerArg } = env;
  if (endpoint === undefined || env.otelSdkDisabled) return undefined;
  const ratios = {
    parentbased_always_on: 1,
    parentbased_always_off: 0,
    parentbased_traceidratio: otelTracesSamplerArg,
  };
  return { endpoint, ratio: ratios[otelTracesSampler] };
}

/** The log of a process, and its traces if they are configured. */
export interface Telemetry {
  readonly log: Logger;
  readonly tracing?: Tracing;
}

/**
 * Opens the log of a process and, if configured, its traces. With traces, each line of a new log
 * has the ids of the active span. Without traces, the OpenTelemetry SDK is not loaded.
 * @param log used instead of a new log; its lines are not changed
 */
export async function openTelemetry(
  name: 'api' | 'worker',
  config: { readonly logLevel: string; readonly tracing?: TracingConfig | undefined },
  log?: Logger,
): Promise<Telemetry> {
  if (config.tracing === undefined) return { log: log ?? createLogger(name, config.logLevel) };
  const { openOtlpTracing } = await import('./otlp-tracing.ts');
  const tracedLog = log ?? createLogger(name, config.logLevel, () => toLogFields(tracing));
  const tracing: Tracing = openOtlpTracing({
    ...config.tracing,
    serviceName: `lastunit-${name}`,
    onProblem: (reason) => tracedLog.warn({ reason }, 'traces'),
  });
  return { log: tracedLog, tracing };
}

function toLogFields(tracing: Tracing): object {
  const span = tracing.active();
  return span === undefined ? {} : { traceId: span.traceId, spanId: span.spanId };
}
