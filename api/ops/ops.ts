import { takeVerdict } from '../../shared/ledger/judging/verdict.ts';
import type { Store } from '../../shared/store/store.ts';
import { createMetrics, type Metrics } from './metrics/metrics.ts';
import { VerdictQueue } from './verdict/verdict-queue.ts';

/** What serves operators and lasts longer than a request. */
export interface Ops {
  readonly metrics: Metrics;
  readonly verdicts: VerdictQueue;
}

/** Makes what operators of this store are served by. */
export function createOps(store: Store): Ops {
  return {
    metrics: createMetrics(),
    verdicts: new VerdictQueue((request) => takeVerdict(store, request)),
  };
}
