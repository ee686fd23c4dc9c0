import type { DrawStatus } from '../../../shared/domain/draws.ts';
import type { Judgement } from '../../../shared/ledger/judging/following/judgement.ts';
import type { SeenWorker } from '../../system/read-health.ts';
import type { Mark } from './marks/marks.ts';

/** The figures of the observatory at one moment. A part that could not be read in time is null. */
export interface Figures {
  readonly at: Date;
  readonly verdict: Judgement | null;
  readonly rates: Rates;
  /**
   * Times from a checkout's receipt to its outcome, over the last ten seconds; without early
   * rejections and checkouts that waited for units.
   */
  readonly latencyMs: Percentiles | null;
  /** Outcomes of the last minute: `placed`, `failed`, or the code of a rejection. */
  readonly outcomes: Readonly<Record<string, number>> | null;
  /** Checkouts per transaction over the last ten seconds. */
  readonly batches: { readonly mean: number; readonly largest: number } | null;
  readonly locks: NamedLocks | null;
  /** Checkouts that are queued; counted up to 10,000. */
  readonly backlog: { readonly queued: number; readonly oldestMs: number } | null;
  readonly waits: WaitFigures | null;
  readonly partitions: readonly PartitionFigures[] | null;
  /** Round trips of one small read. */
  readonly servers: { readonly mongodbMs: number | null; readonly redisMs: number | null };
  readonly workers: readonly SeenWorker[] | null;
  /** The variants that the most checkouts request. */
  readonly stock: readonly StockFigures[] | null;
  /** Active draws in the order in which they close, then the latest draws. */
  readonly draws: readonly DrawFigures[] | null;
  /** The latest refusals, newest first. */
  readonly refusals: readonly Refusal[];
  /** Requests of the last minute that were refused because of the load, by reason. */
  readonly shed: Readonly<Record<string, number>> | null;
  /** Null if settling is not paused, or if the partitions could not be read. */
  readonly pause: PauseFigures | null;
  /** What operators and load tests did in the time that the charts show, newest first. */
  readonly marks: readonly Mark[] | null;
}

/** Rates per second: of checkouts over the last second, of refused requests between heartbeats. */
export interface Rates {
  /** Null if they could not be counted. */
  readonly accepted: number | null;
  /** Null without Redis, which carries the events. */
  readonly settled: number | null;
  /** Null if they could not be counted. */
  readonly rejectedEarly: number | null;
  /** Requests that were refused because of the load; null if they could not be read. */
  readonly shed: number | null;
}

/** Checkouts that wait for units to come back, without the entries of draws. */
export interface WaitFigures {
  /** Counted up to 10,000. */
  readonly waiting: number;
  /** The longest time that one of the 10,000 oldest has waited so far; 0 if none of them waits. */
  readonly longestMs: number;
  /** Null without Redis, which carries the events. */
  readonly lastMinute: WaitCounts | null;
  /** The latest units that went to a waiting checkout; null if no worker remembers such units. */
  readonly lastServed: LastServed | null;
}

/** Checkouts that began to wait, and waiting checkouts that were placed, in the last minute. */
export interface WaitCounts {
  readonly begun: number;
  readonly served: number;
}

/** Units that went to a checkout that waited for them. */
export interface LastServed {
  /** The time from the commit that freed the units to the order that got the units. */
  readonly freeMs: number;
  readonly agoMs: number;
}

/** Requests that all API processes refused because of the load. */
export interface ShedFigures {
  readonly perSecond: number;
  /** By reason. */
  readonly lastMinute: Readonly<Record<string, number>>;
}

/** A pause of settling. `by` and `since` are absent if the audit log does not contain the pause. */
export interface PauseFigures {
  /** The paused partitions; null if all are paused. */
  readonly partitions: readonly number[] | null;
  readonly by?: string;
  readonly since?: Date;
}

export interface Percentiles {
  readonly p50: number;
  readonly p95: number;
  readonly p99: number;
}

/**
 * How long checkouts waited for locks and how long commits took, as reported by the jobs of the ten
 * seconds before the last finished job.
 */
export interface LockFigures {
  readonly lockMeanMs: number;
  readonly lockLongestMs: number;
  readonly commitMeanMs: number;
  /** The products whose checkouts waited longest in total. */
  readonly contended: readonly ContendedProduct[];
}

/** A product for whose lock checkouts waited. */
export interface ContendedProduct {
  readonly productId: string;
  /** Checkouts in the jobs that were read; under a high load these are a sample. */
  readonly checkouts: number;
  readonly lockMeanMs: number;
  readonly lockLongestMs: number;
}

/** `LockFigures` with the titles of the products. */
type NamedLocks = Omit<LockFigures, 'contended'> & {
  readonly contended: readonly (ContendedProduct & { readonly title: string })[];
};

/** A draw, for operators. */
export interface DrawFigures {
  readonly id: string;
  readonly title: string;
  readonly sku: string;
  readonly status: DrawStatus;
  readonly entries: number;
  /** Units that the draw set aside. */
  readonly quantity: number;
  /** Entries that the draw has placed. */
  readonly placed: number;
  /** Units that are still set aside. */
  readonly held: number;
  readonly next: DrawStep;
}

/**
 * The next step of a draw: it opens or closes `at`, places the next entries, waits for pending
 * `orders` until `at`, gives units back, rejects the remaining entries, or does nothing.
 */
export type DrawStep =
  | { readonly step: 'open' | 'close'; readonly at: Date }
  | { readonly step: 'await_orders'; readonly orders: number; readonly at: Date }
  | { readonly step: 'place' | 'give_back' | 'reject' | 'none' };

/** The jobs of one partition of the checkout queue. */
export interface PartitionFigures {
  readonly partition: number;
  readonly isPaused: boolean;
  readonly waiting: number;
  readonly active: number;
  /** Jobs that wait for another attempt. */
  readonly delayed: number;
  readonly failed: number;
}

/** A variant that checkouts request. */
export interface HotVariant {
  readonly variantId: string;
  readonly sku: string;
  readonly title: string;
}

/** The stock of a variant that checkouts request. */
export interface StockFigures extends HotVariant {
  readonly onHand: number;
  readonly reserved: number;
  readonly sold: number;
}

/** A checkout that was rejected. */
export interface Refusal {
  readonly checkoutId: string;
  readonly at: Date;
  readonly code: string;
  readonly variantId?: string | undefined;
}

/** The figures of the charts at one moment. */
export type ChartPoint = Pick<Figures, 'at' | 'rates' | 'latencyMs' | 'backlog' | 'waits'> & {
  readonly stock: readonly Omit<StockFigures, 'sku' | 'title'>[] | null;
};

/** Returns the part of the figures that the charts show. */
export function toChartPoint(figures: Figures): ChartPoint {
  const { at, rates, latencyMs, backlog, waits, stock } = figures;
  const levels = stock?.map(({ sku: _, title: __, ...level }) => level) ?? null;
  return { at, rates, latencyMs, backlog, waits, stock: levels };
}
