import { type Judgement, readJudgement } from '../../shared/ledger/judging/following/judgement.ts';
import { findDifferences, type RecordDifference } from '../../shared/ledger/judging/reconcile.ts';
import { takeVerdict } from '../../shared/ledger/judging/verdict.ts';
import { readSearchLag } from '../../shared/search/read-lag.ts';
import { createMetrics, type Metrics } from './metrics/metrics.ts';
import { type FigureSources, Observatory } from './observatory/observatory.ts';
import { VerdictQueue } from './verdict/verdict-queue.ts';

/** Services for operators that live as long as the process. */
export interface Ops {
  readonly metrics: Metrics;
  readonly verdicts: VerdictQueue;
  readonly observatory: Observatory;
  /** Searches the whole record for contradictions; concurrent calls share one search. */
  findDifferences(): Promise<readonly RecordDifference[]>;
  /** Reads what the worker that follows the record has found so far. */
  readJudgement(now: Date): Promise<Judgement>;
  /** Reads how far the search index is behind, in milliseconds. */
  readSearchLag(now: Date): Promise<number>;
}

export function createOps(sources: FigureSources): Ops {
  const { store } = sources;
  return {
    metrics: createMetrics(),
    verdicts: new VerdictQueue((request) => takeVerdict(store, request)),
    findDifferences: shareCalls(() => findDifferences({ store })),
    observatory: new Observatory(sources),
    readJudgement: (now) => readJudgement(store, now),
    readSearchLag: (now) => readSearchLag(store, now),
  };
}

function shareCalls<T>(call: () => Promise<T>): () => Promise<T> {
  let running: Promise<T> | undefined;
  return () => {
    running ??= call().finally(() => {
      running = undefined;
    });
    return running;
  };
}
