import type { Spread } from '../statistics.ts';

/** Whom the load generator talks to, and what its checkouts buy. */
export interface Target {
  readonly apiUrl: string;
  readonly apiKey: string;
  /** The checkouts buy one unit of each in turn. */
  readonly variantIds: readonly string[];
  /** Begins the idempotency keys and is not used again. */
  readonly runId: string;
}

/** Buyers who post a checkout each, and the next one when that is answered. */
export interface ClosedPlan extends Target {
  readonly checkouts: number;
  readonly connections: number;
  /** No checkout is begun after this long. */
  readonly secondsMax: number;
}

/** What the client saw of it. Times are milliseconds of the epoch, with fractions. */
export interface ClosedResult {
  readonly accepted: number;
  readonly failures: Failures;
  readonly startedAtMs: number;
  readonly endedAtMs: number;
}

/** Checkouts that come when they come, whether the ones before are answered or not. */
export interface OpenPlan extends Target {
  /** Per second. */
  readonly rate: number;
  readonly checkouts: number;
}

/** Milliseconds, all counted from the moment when a checkout was due to be posted. */
export interface OpenResult {
  /** As offered, per second. */
  readonly rate: number;
  readonly accepted: number;
  readonly failures: Failures;
  readonly seconds: number;
  /** Until the 202, and until the outcome was at the client. */
  readonly accepting: Spread;
  readonly outcome: Spread;
  readonly path: readonly Stage[];
}

/** A stretch of a checkout's way; `ms` is the median of those that were sampled. */
export interface Stage {
  readonly name: string;
  readonly ms: number;
}

/** Requests without the answer that was expected, and what came of the first. */
export interface Failures {
  readonly count: number;
  readonly first?: string;
}

/** What the load generator does. */
export type LoadCalls = {
  readonly closed: (plan: ClosedPlan) => Promise<ClosedResult>;
  readonly open: (plan: OpenPlan) => Promise<OpenResult>;
};
