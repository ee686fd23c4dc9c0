import type { PricedLine } from '../../../shared/domain/vocabulary.ts';

/** The database and queues that only the parts use. */
export interface PartsPlace {
  readonly mongodbUrl: string;
  readonly redisUrl: string;
  readonly keyPrefix: string;
  /** The line that every checkout buys. */
  readonly line: PricedLine;
  /** An API key of the shop that sells it. */
  readonly apiKey: string;
}

/**
 * The parts of a checkout's path, each reduced to the work that the real system does. They pass
 * their results on: one call stores the intents, and others settle them.
 */
export type PartCalls = {
  readonly connect: (place: PartsPlace) => Promise<void>;
  /** Prepares what is not measured: intents in memory, and workers that do not run yet. */
  readonly prepare: (operations: number) => Promise<void>;
  /** Stores two intents per operation. */
  readonly insertIntents: (nothing: null) => Promise<void>;
  readonly addJobs: (nothing: null) => Promise<void>;
  readonly runJobs: (nothing: null) => Promise<void>;
  /** Settles the first half of the intents. */
  readonly settleUnlocked: (nothing: null) => Promise<void>;
  /** Settles the second half under the product's lock. */
  readonly settleLocked: (nothing: null) => Promise<void>;
  /** Authenticates one request per operation, by key, or by key and signature. */
  readonly authenticateByKey: (nothing: null) => Promise<void>;
  readonly authenticateBySignature: (nothing: null) => Promise<void>;
  /** Stops what `prepare` started. */
  readonly tidy: (nothing: null) => Promise<void>;
};

/** The call of the no-op server: returns its URL. */
export type NoopServerCalls = {
  readonly listen: (nothing: null) => Promise<string>;
};
