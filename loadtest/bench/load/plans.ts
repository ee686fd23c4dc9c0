import type { Spread } from '../statistics.ts';

/** The API that the load generator calls, and what its checkouts buy. */
export interface Target {
  readonly apiUrl: string;
  readonly apiKey: string;
  /** The variants that checkouts buy in turn, one unit each. */
  readonly variantIds: readonly string[];
  /** Prefix of the idempotency keys, unique to the run. */
  readonly runId: string;
}

/** A closed loop: each buyer posts its next checkout when the previous one is answered. */
export interface ClosedPlan extends Target {
  readonly checkouts: number;
  readonly connections: number;
  /** The loop starts no checkout after this time. */
  readonly secondsMax: number;
}

/**
 * The client's results of a closed loop. Times are milliseconds since the epoch, with fractions.
 */
export interface ClosedResult {
  readonly accepted: number;
  readonly failures: Failures;
  readonly startedAtMs: number;
  readonly endedAtMs: number;
}

/** An open loop: checkouts start at a constant rate, whether earlier ones are answered or not. */
export interface OpenPlan extends Target {
  /** Checkouts per second. */
  readonly rate: number;
  readonly checkouts: number;
  /** Whether the POST itself waits for the outcome; a GET follows it otherwise. */
  readonly isOneRequest: boolean;
}

/**
 * The client's results of an open loop. The times of a `Spread` are milliseconds from when a
 * checkout was due.
 */
export interface OpenResult {
  /** The offered rate per second. */
  readonly rate: number;
  /** Checkouts whose outcome the client received. */
  readonly settled: number;
  readonly failures: Failures;
  /** From when the first checkout was due to the last outcome. */
  readonly seconds: number;
  /** Until the client received the 202; absent if the POST waited for the outcome. */
  readonly accepting?: Spread;
  /** Until the client received the outcome. */
  readonly outcome: Spread;
  readonly path: readonly Stage[];
}

/** One stage of a checkout; `ms` is the median time of the sampled checkouts in it. */
export interface Stage {
  readonly name: string;
  readonly ms: number;
}

/** The number of requests without the expected response, and a description of the first. */
export interface Failures {
  readonly count: number;
  readonly first?: string;
}

/** A flood: checkouts are offered at a constant rate over a fixed number of connections. */
export interface FloodPlan extends Target {
  /** Checkouts per second. */
  readonly rate: number;
  readonly seconds: number;
  readonly connections: number;
}

/** The client's results of a flood. */
export interface FloodResult {
  readonly sent: number;
  /** Checkouts that were due while every connection was in use. */
  readonly unsent: number;
  /** Checkouts answered 202. */
  readonly accepted: number;
  /** Checkouts answered 429 or 503 with a problem document, its code and `Retry-After`. */
  readonly refused: number;
  /** The number of refused checkouts by code. */
  readonly codes: Readonly<Record<string, number>>;
  /** Requests whose connection was cut before the answer. */
  readonly cut: number;
  /** From the start of the flood to the last answer. */
  readonly seconds: number;
  /** Status and body of the first answer that is neither 202 nor counted in `refused`. */
  readonly other?: string;
}

/** The calls that the load generator serves. */
export type LoadCalls = {
  readonly closed: (plan: ClosedPlan) => Promise<ClosedResult>;
  readonly open: (plan: OpenPlan) => Promise<OpenResult>;
  readonly flood: (plan: FloodPlan) => Promise<FloodResult>;
};
