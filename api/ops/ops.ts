import { type Judgement, readJudgement } from '../../shared/ledger/judging/following/judgement.ts';
import {
  findDifferences,
  type Reconciliation,
  type RecordDifference,
  reconcile,
} from '../../shared/ledger/judging/reconcile.ts';
import { takeVerdict } from '../../shared/ledger/judging/verdict.ts';
import type { LedgerContext } from '../../shared/ledger/ledger.ts';
import { readSearchLag } from '../../shared/search/read-lag.ts';
import { createMetrics, type Metrics } from './metrics/metrics.ts';
import { type FigureSources, Observatory } from './observatory/observatory.ts';
import { VerdictQueue } from './verdict/verdict-queue.ts';

/**
 * How many variants, discounts and orders one request repairs at most; `npm run reconcile -- --fix`
 * repairs all.
 */
export const REPAIRS_MAX = 1_000;

/** Services for operators that live as long as the process. */
export interface Ops {
  readonly metrics: Metrics;
  readonly verdicts: VerdictQueue;
  readonly observatory: Observatory;
  /** Searches the whole record for contradictions; concurrent calls share one search. */
  findDifferences(): Promise<readonly RecordDifference[]>;
  /** Repairs at most `REPAIRS_MAX` contradictions; concurrent calls share one run. */
  reconcile(): Promise<Reconciliation>;
  /** Reads what the worker that follows the record has found so far. */
  readJudgement(now: Date): Promise<Judgement>;
  /** Reads how far the search index is behind, in milliseconds. */
  readSearchLag(now: Date): Promise<number>;
}

/** Creates the services. `ledger` writes the repairs. */
export function createOps(sources: FigureSources, ledger: LedgerContext): Ops {
  const { store } = sources;
  return {
    metrics: createMetrics(),
    verdicts: new VerdictQueue((request) => takeVerdict(store, request)),
    findDifferences: shareCalls(() => findDifferences({ store })),
    reconcile: shareCalls(() => reconcile(ledger, { fix: true, repairsMax: REPAIRS_MAX })),
    observatory: new Observatory(sources),
    readJudgement: (now) => readJudgement(store, now),
    readSearchLag: (now) => readSearchLag(store, now),
  };
}

/** Returns a function whose concurrent calls share one run of `call`. */
function shareCalls<T>(call: () => Promise<T>): () => Promise<T> {
  let running: Promise<T> | undefined;
  return () => {
    running ??= call().finally(() => {
      running = undefined;
    });
    return running;
  };
}
