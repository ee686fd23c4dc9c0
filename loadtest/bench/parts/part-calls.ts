import type { PricedLine } from '../../../shared/domain/vocabulary.ts';

/** The database and queues that only the parts use. */
export interface PartsPlace {
  readonly mongodbUrl: string;
  readonly redisUrl: string;
  readonly keyPrefix: string;
  /** The line that every checkout buys. */
  readonly line: PricedLine;
  /** An API key of the shop that sells the line. */
  readonly apiKey: string;
}

/**
 * The parts of a checkout's path, each reduced to the work that the real system does. Later parts
 * use the results of earlier parts: `insertIntents` stores two intents per operation,
 * `settleUnlocked` settles the first half of them, and `settleLocked` the second half under the
 * product's lock.
 */
export type PartName =
  | 'insertIntents'
  | 'addJobs'
  | 'runJobs'
  | 'settleUnlocked'
  | 'settleLocked'
  | 'authenticateByKey'
  | 'authenticateBySignature';

/** The calls of the process that runs the parts. */
export type PartCalls = {
  readonly connect: (place: PartsPlace) => Promise<void>;
  /**
   * Prepares what is not measured: intents in memory, a worker that does not run yet, and signed
   * requests.
   */
  readonly prepare: (operations: number) => Promise<void>;
  readonly run: (part: PartName) => Promise<void>;
  /** Stops what `prepare` started. */
  readonly tidy: () => Promise<void>;
};

/** The call of the no-op server: returns its URL. */
export type NoopServerCalls = {
  readonly listen: () => Promise<string>;
};
