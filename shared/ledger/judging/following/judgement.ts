import type { Store } from '../../../store/store.ts';
import { type FaultRecord, type JudgedCounts, judgingStore } from './judging-store.ts';

/** Judging is behind if it has not caught up for this long. */
const STALE_AFTER_MS = 60_000;

/** The latest judgement of the record. */
export interface Judgement {
  /**
   * `broken` while there are faults. Otherwise `stale` if changes have waited too long to be
   * judged, or nothing has been judged yet.
   */
  readonly status: 'ok' | 'broken' | 'stale';
  readonly checkedUntil: Date | null;
  readonly ageMs: number | null;
  readonly wholeAt: Date | null;
  readonly counts: JudgedCounts;
  readonly faultCount: number;
  readonly faults: readonly FaultRecord[];
}

/** Reads what the judging worker has found so far. */
export async function readJudgement(store: Store, now: Date): Promise<Judgement> {
  const state = await judgingStore(store).states.findOne({ _id: 'record' });
  if (state === null) {
    const never = { checkedUntil: null, ageMs: null, wholeAt: null, faultCount: 0, faults: [] };
    return { status: 'stale', ...never, counts: { changes: 0, checkouts: 0 } };
  }
  const { checkedUntil, wholeAt, counts, faultCount, faults } = state;
  const ageMs = Math.max(0, now.getTime() - checkedUntil.getTime());
  const progress = ageMs > STALE_AFTER_MS ? 'stale' : 'ok';
  const status = faultCount > 0 ? 'broken' : progress;
  return { status, checkedUntil, ageMs, wholeAt, counts, faultCount, faults };
}
