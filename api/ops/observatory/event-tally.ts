import { createHistogram, type RecordableHistogram } from 'node:perf_hooks';
import { leavesQueue, type WireEvent } from '../../../shared/contract/events.ts';
import { readIdTime } from '../../../shared/runtime/ids.ts';
import { createLruCache } from '../../../shared/runtime/lru-cache.ts';
import type { Percentiles, Refusal, WaitCounts } from './figures.ts';

/**
 * An interval is half a second. Outcomes are counted over a minute, latencies and batches over ten
 * seconds, rates over a second.
 */
const INTERVALS_KEPT = 120;
const RECENT_INTERVALS = 20;
const RATE_INTERVALS = 2;
const REFUSALS_KEPT = 10;
/** How many messages are remembered: the relay may publish a message again some seconds later. */
const MESSAGES_KEPT = 20_000;
/** Latencies are exact to one percent, up to an hour. */
const HISTOGRAM = { lowest: 1, highest: 3_600_000, figures: 2 } as const;

/** Checkouts that were stored in an interval, counted in MongoDB. */
export interface AcceptedCount {
  readonly accepted: number;
  /** Early rejections among them, by code. */
  readonly rejectedEarly: Readonly<Record<string, number>>;
}

/** The figures of the last intervals. Most of them are null while events cannot arrive. */
export interface TallyFigures {
  readonly settled: number | null;
  readonly accepted: number | null;
  readonly rejectedEarly: number | null;
  readonly outcomes: Readonly<Record<string, number>> | null;
  readonly waits: WaitCounts | null;
  readonly latencyMs: Percentiles | null;
  readonly batches: { readonly mean: number; readonly largest: number } | null;
}

type CountedEvent = Pick<WireEvent, 'id' | 'type' | 'subjectId' | 'at' | 'data'>;

/** The counts of one interval. */
class Interval {
  ms = 0;
  settled = 0;
  begunWaits = 0;
  served = 0;
  batches = 0;
  /** Checkouts of all batches, whether they were settled or began to wait. */
  batched = 0;
  largestBatch = 0;
  accepted: AcceptedCount | null = null;
  canReceive = true;
  readonly outcomes = new Map<string, number>();
  readonly latencies: RecordableHistogram = createHistogram(HISTOGRAM);
}

/**
 * Counts the outcomes that workers publish, interval by interval. Each message carries the events
 * of one transaction, so its checkouts are a batch. The id of a checkout contains the time of its
 * request, so an event shows how long its checkout took. A checkout that begins to wait for units
 * has no outcome yet: it is counted as settled when it is placed or rejected.
 */
export class EventTally {
  #current = new Interval();
  /** The latest last. */
  readonly #intervals: Interval[] = [];
  /** The newest last. */
  readonly #refusals = new Map<string, Refusal>();

  /** The ids of the first events of the messages that were counted. */
  readonly #counted = createLruCache<true>({ max: MESSAGES_KEPT });

  /** Counts the events of one transaction, once. */
  add(events: readonly CountedEvent[]): void {
    const [first] = events;
    if (first === undefined || this.#counted.has(first.id)) return;
    this.#counted.set(first.id, true);
    const interval = this.#current;
    let batched = 0;
    for (const event of events) {
      if (!event.type.startsWith('checkout.')) continue;
      batched += 1;
      if (event.type === 'checkout.waiting') interval.begunWaits += 1;
      else this.#addOutcome(event);
    }
    if (batched === 0) return;
    interval.batches += 1;
    interval.batched += batched;
    interval.largestBatch = Math.max(interval.largestBatch, batched);
  }

  /** Adds refusals that were read from MongoDB. */
  addRefusals(refusals: readonly Refusal[]): void {
    for (const refusal of refusals) this.#refusals.set(refusal.checkoutId, refusal);
    this.#dropOldRefusals();
  }

  /** The latest refusals, newest first. */
  get refusals(): Refusal[] {
    return [...this.#refusals.values()].sort(newestFirst).slice(0, REFUSALS_KEPT);
  }

  /**
   * Ends the current interval and returns the figures of the last intervals.
   * @param ms the length of the current interval
   * @param accepted the checkouts stored in the interval; null if they could not be counted
   * @param canReceive whether the events of the interval could arrive
   */
  advance(ms: number, accepted: AcceptedCount | null, canReceive = true): TallyFigures {
    this.#current.ms = ms;
    this.#current.accepted = accepted;
    this.#current.canReceive = canReceive;
    this.#intervals.push(this.#current);
    if (this.#intervals.length > INTERVALS_KEPT) this.#intervals.shift();
    this.#current = new Interval();
    this.#dropOldRefusals();
    const lastSecond = this.#intervals.slice(-RATE_INTERVALS);
    const recent = this.#intervals.slice(-RECENT_INTERVALS);
    const perSecond = (sum: number) => (sum * 1_000) / Math.max(1, total(lastSecond, 'ms'));
    const counts = lastSecond.flatMap((interval) => interval.accepted ?? []);
    const isCounted = counts.length === lastSecond.length;
    const countPerSecond = (pick: (count: AcceptedCount) => number) =>
      isCounted ? perSecond(counts.reduce((sum, count) => sum + pick(count), 0)) : null;
    const isComplete = lastSecond.every((interval) => interval.canReceive);
    return {
      settled: isComplete ? perSecond(total(lastSecond, 'settled')) : null,
      accepted: countPerSecond((count) => count.accepted),
      rejectedEarly: countPerSecond((count) => sumValues(count.rejectedEarly)),
      outcomes: isComplete ? sumOutcomes(this.#intervals) : null,
      waits: isComplete
        ? { begun: total(this.#intervals, 'begunWaits'), served: total(this.#intervals, 'served') }
        : null,
      latencyMs: isComplete ? toPercentiles(recent) : null,
      batches: isComplete ? toBatches(recent) : null,
    };
  }

  #addOutcome({ type, subjectId, at, data }: CountedEvent): void {
    const settledAt = new Date(at);
    const interval = this.#current;
    const { outcomes, latencies } = interval;
    const status = type.slice('checkout.'.length);
    const code = status === 'rejected' ? String(data['code']) : status;
    outcomes.set(code, (outcomes.get(code) ?? 0) + 1);
    interval.settled += 1;
    if (status === 'placed' && data['wasWaiting'] === true) interval.served += 1;
    const ms = Math.round(settledAt.getTime() - readIdTime(subjectId));
    if (leavesQueue({ type, data })) {
      latencies.record(Math.min(HISTOGRAM.highest, Math.max(HISTOGRAM.lowest, ms)));
    }
    if (status !== 'rejected') return;
    const { variantId } = data;
    const variant = typeof variantId === 'string' ? { variantId } : {};
    this.#refusals.set(subjectId, { checkoutId: subjectId, at: settledAt, code, ...variant });
    if (this.#refusals.size > 100 * REFUSALS_KEPT) this.#dropOldRefusals();
  }

  #dropOldRefusals(): void {
    const kept = this.refusals;
    this.#refusals.clear();
    for (const refusal of kept.reverse()) this.#refusals.set(refusal.checkoutId, refusal);
  }
}

function newestFirst(first: Refusal, second: Refusal): number {
  return second.at.getTime() - first.at.getTime();
}

type Counter = 'ms' | 'settled' | 'begunWaits' | 'served' | 'batches' | 'batched';

function total(intervals: readonly Interval[], counter: Counter): number {
  return intervals.reduce((sum, interval) => sum + interval[counter], 0);
}

function sumValues(counts: Readonly<Record<string, number>>): number {
  return Object.values(counts).reduce((sum, count) => sum + count, 0);
}

function sumOutcomes(intervals: readonly Interval[]): Record<string, number> {
  const sums = new Map<string, number>();
  for (const { outcomes, accepted } of intervals) {
    for (const [code, count] of [...outcomes, ...Object.entries(accepted?.rejectedEarly ?? {})]) {
      sums.set(code, (sums.get(code) ?? 0) + count);
    }
  }
  return Object.fromEntries([...sums].sort(([, first], [, second]) => second - first));
}

function toPercentiles(intervals: readonly Interval[]): Percentiles | null {
  const sum = createHistogram(HISTOGRAM);
  for (const { latencies } of intervals) if (latencies.count > 0) sum.add(latencies);
  if (sum.count === 0) return null;
  return { p50: sum.percentile(50), p95: sum.percentile(95), p99: sum.percentile(99) };
}

function toBatches(intervals: readonly Interval[]): TallyFigures['batches'] {
  const batches = total(intervals, 'batches');
  if (batches === 0) return null;
  const largest = Math.max(...intervals.map(({ largestBatch }) => largestBatch));
  return { mean: total(intervals, 'batched') / batches, largest };
}
