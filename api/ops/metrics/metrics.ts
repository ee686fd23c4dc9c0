import { Counter, Gauge, Histogram, Registry } from 'prom-client';
import { processMetrics } from '../../../shared/runtime/process-metrics.ts';
import type { CheckoutRecord } from '../../../shared/store/collections/checkouts.ts';
import type { Intake } from '../../checkouts/intake.ts';
import { createDrawGauges, type DrawGauges } from './draw-gauges.ts';
import { createHealthGauges, type HealthGauges } from './health-gauges.ts';
import { createSearchGauge, type SearchGauge } from './search-gauge.ts';
import { createVerdictGauges, type VerdictGauges } from './verdict-gauges.ts';
import { createWaitGauges, type WaitGauges } from './wait-gauges.ts';
import { createWebhookGauges, type WebhookGauges } from './webhook-gauges.ts';

/** The buckets of the durations of requests. */
const BUCKETS_S = [0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10];

/** Why requests are shed, as listed in docs/operations.md. */
const SHED_REASONS = [
  'requests_in_progress',
  'queue_full',
  'checkouts_waiting',
  'checkouts_wait_too_long',
  'connections',
  'pipelined',
  'waits',
  'cart_contention',
  'storefront_contention',
];

/** Records the status and the duration of an answer. */
export type RequestRecorder = (status: number, durationMs: number) => void;

/** The metrics of an API process. */
export interface Metrics {
  /** Creates the recorder of a route. Keep it: looking up labels for each request costs more. */
  recorderFor(method: string, route: string): RequestRecorder;
  readonly checkoutsAccepted: { inc(): void };
  readonly checkoutsRejectedEarly: { inc(): void };
  /** Counts a request that was refused because of the load. */
  countShed(reason: string): void;
  readonly queueJobs: Gauge<'state'>;
  readonly partitionJobs: Gauge<'partition' | 'state'>;
  readonly webhooks: WebhookGauges;
  readonly health: HealthGauges;
  readonly verdict: VerdictGauges;
  readonly search: SearchGauge;
  readonly waits: WaitGauges;
  readonly draws: DrawGauges;
  /** Returns the metrics in the text format of Prometheus, whose media type is `contentType`. */
  print(): Promise<string>;
  readonly contentType: string;
}

/** Creates the metrics of an API. All APIs of a process share the metrics of the process. */
export function createMetrics(): Metrics {
  const registry = new Registry();
  const registers = [registry];
  const durations = new Histogram({
    name: 'lastunit_http_request_duration_seconds',
    help: 'Time from a request to its answer, by route and class of status.',
    labelNames: ['method', 'route', 'status'],
    buckets: BUCKETS_S,
    registers,
  });
  const shed = new Counter({
    name: 'lastunit_requests_shed_total',
    help: 'Requests that this process refused with 503 because of the load, by reason.',
    labelNames: ['reason'],
    registers,
  });
  // An alert on the increase would miss the first refusal if the counter began with it.
  for (const reason of SHED_REASONS) shed.inc({ reason }, 0);
  const process = processMetrics();
  return {
    recorderFor: (method, route) => recordTo(durations, method, route),
    checkoutsAccepted: new Counter({
      name: 'lastunit_checkouts_accepted_total',
      help: 'Checkouts stored and answered with 202 by this process, not counting repeats.',
      registers,
    }),
    checkoutsRejectedEarly: new Counter({
      name: 'lastunit_checkouts_rejected_early_total',
      help: 'Accepted checkouts that this process stored as rejected, because stock was sold out.',
      registers,
    }),
    countShed: (reason) => shed.inc({ reason }),
    queueJobs: new Gauge({
      name: 'lastunit_queue_jobs',
      help: 'Jobs of the checkout queue by state; absent while Redis does not answer.',
      labelNames: ['state'],
      registers,
    }),
    partitionJobs: new Gauge({
      name: 'lastunit_partition_jobs',
      help: 'Jobs of the checkout queue by partition and state; absent while Redis does not answer.',
      labelNames: ['partition', 'state'],
      registers,
    }),
    webhooks: createWebhookGauges(registry),
    health: createHealthGauges(registry),
    verdict: createVerdictGauges(registry),
    search: createSearchGauge(registry),
    waits: createWaitGauges(registry),
    draws: createDrawGauges(registry),
    print: async () => `${await registry.metrics()}\n${await process.metrics()}`,
    contentType: registry.contentType,
  };
}

function recordTo(
  durations: Histogram<'method' | 'route' | 'status'>,
  method: string,
  route: string,
): RequestRecorder {
  const byClass: ({ observe(seconds: number): void } | undefined)[] = [];
  return (status, durationMs) => {
    const hundreds = Math.floor(status / 100);
    let child = byClass[hundreds];
    if (child === undefined) {
      child = durations.labels({ method, route, status: `${hundreds}xx` });
      byClass[hundreds] = child;
    }
    child.observe(durationMs / 1_000);
  };
}

/** Wraps the intake so that it calls `onStored` for each checkout that it stores. */
export function countAccepted(
  intake: Intake,
  onStored: (checkout: CheckoutRecord) => void,
): Intake {
  return {
    ...intake,
    store: async (checkout, cart) => {
      const result = await intake.store(checkout, cart);
      if (typeof result !== 'string') onStored(result);
      return result;
    },
  };
}
