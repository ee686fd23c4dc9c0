import type { Store } from '../../../store/store.ts';
import { type FaultRecord, type JudgedCounts, judgingStore } from './judging-store.ts';

/** The judgement is stale if its oldest unjudged change may be older than this. */
const STALE_AFTER_MS = 60_000;

/** The latest judgement of the record. */
export interface Judgement {
  /**
   * `broken` while there are faults. Otherwise `stale` if changes may have waited too long to be
   * judged, or nothing has been judged yet.
   */
  readonly status: 'ok' | 'broken' | 'stale';
  /**
   * Every change that was committed until this time has been judged; null if nothing has been
   * judged.
   */
  readonly checkedUntil: Date | null;
  /** The time since `checkedUntil`. */
  readonly ageMs: number | null;
  /** When the whole record was last read. */
  readonly wholeAt: Date | null;
  readonly counts: JudgedCounts;
  readonly faultCount: number;
  readonly faults: readonly FaultRecord[];
}

/** Reads what the process that judges has found so far. */
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
