import { Counter, Histogram, Registry } from 'prom-client';
import { type DomainEvent, EVENT_TYPES, leavesQueue } from '../../shared/contract/events.ts';
import { REJECTION_CODES } from '../../shared/domain/vocabulary.ts';
import { readIdTime } from '../../shared/runtime/ids.ts';
import { processMetrics } from '../../shared/runtime/process-metrics.ts';
import type { OutboxRecord } from '../../shared/store/collections/outbox.ts';
import type { AttemptError } from '../../shared/store/collections/webhook-deliveries.ts';
import type { EndedBatch } from '../settle-checkouts/batcher.ts';

const BATCH_SIZES = [1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1_024];
const BATCH_BUCKETS_S = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10];
/** The objective is an outcome within 0.25 s; without workers checkouts wait for minutes. */
const OUTCOME_BUCKETS_S = [0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60];
/** An attempt times out after ten seconds. */
const ATTEMPT_BUCKETS_S = [0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];
const CHECKOUT = 'checkout.';
const WAITING = 'checkout.waiting';
const OUTCOMES = EVENT_TYPES.flatMap((type) =>
  type.startsWith(CHECKOUT) ? type.slice(CHECKOUT.length) : [],
);

/** The metrics of a worker. */
export interface WorkerMetrics {
  /** Counts the checkouts that this process has settled or parked, by their events. */
  committed(entry: OutboxRecord): void;
  /** Observes a batch of checkouts, committed or failed. */
  batch(batch: EndedBatch): void;
  /** Observes how long units were free before waiting checkouts got them. */
  served(freeMs: readonly number[]): void;
  /** Observes one attempt to send to a webhook. */
  attempted(outcome: AttemptError | 'delivered', durationMs: number): void;
  /** Prints all metrics in the text format of Prometheus, whose type is `contentType`. */
  print(): Promise<string>;
  readonly contentType: string;
}

/** Creates the metrics of a worker, in a registry of their own. */
export function createWorkerMetrics(): WorkerMetrics {
  const registry = new Registry();
  const registers = [registry];
  const settled = new Counter({
    name: 'lastunit_checkouts_settled_total',
    help: 'Checkouts that this process placed, rejected, let wait, or parked as failed.',
    labelNames: ['outcome'],
    registers,
  });
  // Prometheus sees no increase in a series that begins at 1, so an alert would miss the first
  // outcome.
  for (const outcome of OUTCOMES) settled.inc({ outcome }, 0);
  const rejected = new Counter({
    name: 'lastunit_checkouts_rejected_total',
    help: 'Checkouts that this process rejected, by the code of the rejection.',
    labelNames: ['code'],
    registers,
  });
  for (const code of REJECTION_CODES) rejected.inc({ code }, 0);
  const outcomes = new Histogram({
    name: 'lastunit_checkout_outcome_seconds',
    help:
      'Time from the request of a checkout to its outcome, without checkouts that waited for ' +
      'units or for a draw, or were replayed.',
    labelNames: ['outcome'],
    buckets: OUTCOME_BUCKETS_S,
    registers,
  });
  const observeOutcome = ({ type, subjectId, at }: DomainEvent) => {
    const ms = Math.max(0, at.getTime() - readIdTime(subjectId));
    outcomes.observe({ outcome: type.slice(CHECKOUT.length) }, ms / 1_000);
  };
  const sizes = new Histogram({
    name: 'lastunit_batch_checkouts',
    help: 'Checkouts in a batch that was committed.',
    buckets: BATCH_SIZES,
    registers,
  });
  const durations = new Histogram({
    name: 'lastunit_batch_duration_seconds',
    help: 'Time from taking a batch to its commit, waiting for locks included, or to its failure.',
    labelNames: ['result'],
    buckets: BATCH_BUCKETS_S,
    registers,
  });
  const locks = new Histogram({
    name: 'lastunit_lock_wait_seconds',
    help: 'Time from taking a batch until it had the locks of its products.',
    buckets: BATCH_BUCKETS_S,
    registers,
  });
  const commits = new Histogram({
    name: 'lastunit_commit_duration_seconds',
    help: 'Time from the decision on a batch to its commit.',
    buckets: BATCH_BUCKETS_S,
    registers,
  });
  const served = new Histogram({
    name: 'lastunit_freed_to_placed_seconds',
    help: 'Time from the commit that freed units to the order of a checkout that waited for them.',
    buckets: BATCH_BUCKETS_S,
    registers,
  });
  const attempts = new Histogram({
    name: 'lastunit_webhook_attempt_duration_seconds',
    help: 'Time of one attempt to send to a webhook, by its result.',
    labelNames: ['outcome'],
    buckets: ATTEMPT_BUCKETS_S,
    registers,
  });
  const metricsOfProcess = processMetrics();
  return {
    committed: ({ events }) => {
      for (const event of events) {
        const { type, data } = event;
        if (!type.startsWith(CHECKOUT)) continue;
        settled.inc({ outcome: type.slice(CHECKOUT.length) });
        if (type === 'checkout.rejected') rejected.inc({ code: String(data['code']) });
        if (isFirstOutcome(event)) observeOutcome(event);
      }
    },
    batch: ({ checkouts, durationMs, isCommitted, lockMs, commitMs }) => {
      if (lockMs !== undefined) locks.observe(lockMs / 1_000);
      if (commitMs !== undefined) commits.observe(commitMs / 1_000);
      durations.observe({ result: isCommitted ? 'committed' : 'failed' }, durationMs / 1_000);
      if (isCommitted) sizes.observe(checkouts);
    },
    served: (freeMs) => {
      for (const ms of freeMs) served.observe(ms / 1_000);
    },
    attempted: (outcome, durationMs) => attempts.observe({ outcome }, durationMs / 1_000),
    print: async () => `${await registry.metrics()}\n${await metricsOfProcess.metrics()}`,
    contentType: registry.contentType,
  };
}

/**
 * Returns whether the event is the outcome of a checkout that came straight from the queue. A wait
 * lasts as long as its buyer allows, and a replay as long as an operator needs.
 */
function isFirstOutcome(event: DomainEvent): boolean {
  return event.type !== WAITING && event.seq === 1 && leavesQueue(event);
}
