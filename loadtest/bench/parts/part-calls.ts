import type { PricedLine } from '../../../shared/domain/vocabulary.ts';

/** Where the parts are measured: a database and queues that nobody else uses. */
export interface PartsPlace {
  readonly mongodbUrl: string;
  readonly redisUrl: string;
  readonly keyPrefix: string;
  /** What every checkout buys. */
  readonly line: PricedLine;
  /** A key of the shop that sells it. */
  readonly apiKey: string;
}

/**
 * The road's parts one by one, each as bare as the road uses it. They hand on what they made: the
 * intents that one stores are the checkouts that another settles.
 */
export type PartCalls = {
  readonly connect: (place: PartsPlace) => Promise<void>;
  /** Makes ready what must not be measured: intents in memory and workers that do not run yet. */
  readonly prepare: (operations: number) => Promise<void>;
  /** Stores twice as many intents as operations. */
  readonly insertIntents: (nothing: null) => Promise<void>;
  readonly addJobs: (nothing: null) => Promise<void>;
  readonly runJobs: (nothing: null) => Promise<void>;
  /** Settles one half of the intents. */
  readonly settleUnlocked: (nothing: null) => Promise<void>;
  /** Settles the other half, under the product's lock. */
  readonly settleLocked: (nothing: null) => Promise<void>;
  /** Finds out who calls, for as many requests as operations: by key, and by signature too. */
  readonly authenticateByKey: (nothing: null) => Promise<void>;
  readonly authenticateBySignature: (nothing: null) => Promise<void>;
  /** Ends what `prepare` started. */
  readonly tidy: (nothing: null) => Promise<void>;
};

/** What the no-op server does: answers where it listens. */
export type NoopServerCalls = {
  readonly listen: (nothing: null) => Promise<string>;
};
