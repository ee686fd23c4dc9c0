import type { KnownProcess } from '../../shared/store/heartbeat.ts';

/** Four missed heartbeats: a worker writes one every 2 s. */
const SILENT_AFTER_MS = 8_000;
/** The recovery sweep adds jobs within 7 s, so a worker that takes none for longer is stuck. */
const STUCK_AFTER_MS = 10_000;

/**
 * - `working`: no sign of trouble
 * - `silent`: no heartbeat, because it was killed, is stopped, or cannot reach MongoDB
 * - `failing`: it reports that it cannot work with Redis
 * - `stuck`: it has the partition of the checkout that waits longest, but takes and commits nothing
 */
export type WorkerState = 'working' | 'silent' | 'failing' | 'stuck';

/** The checkouts that wait to be settled; `waiting` is counted up to a bound. */
export interface Backlog {
  readonly waiting: number;
  readonly oldestMs: number;
  /** The partition of the oldest checkout. */
  readonly partition?: number;
}

/** Returns the state of each worker, in the same order. */
export function toWorkerStates(
  workers: readonly KnownProcess[],
  backlog: Backlog | undefined,
): WorkerState[] {
  const isBacklogOld = backlog !== undefined && backlog.oldestMs >= STUCK_AFTER_MS;
  return workers.map((worker) => {
    const state = stateByHeartbeat(worker);
    return state === 'working' &&
      settlesOldest(worker, backlog) &&
      isBacklogOld &&
      !hasWorkedRecently(worker)
      ? 'stuck'
      : state;
  });
}

function settlesOldest({ isStandby, partitions }: KnownProcess, backlog?: Backlog): boolean {
  if (isStandby === true) return false;
  const { partition } = backlog ?? {};
  return partition === undefined || partitions === undefined || partitions.includes(partition);
}

function stateByHeartbeat({ seenAgoMs, redisTrouble }: KnownProcess): WorkerState {
  if (seenAgoMs > SILENT_AFTER_MS) return 'silent';
  return redisTrouble === undefined ? 'working' : 'failing';
}

/**
 * Returns whether the worker took or committed checkouts in the 10 s before its last heartbeat. A
 * worker that has just started counts as if it had worked.
 */
function hasWorkedRecently({ startedAgoMs, seenAgoMs, ...last }: KnownProcess): boolean {
  const { takenAgoMs = startedAgoMs, committedAgoMs = startedAgoMs } = last;
  const idleMs = Math.min(takenAgoMs, committedAgoMs, startedAgoMs) - seenAgoMs;
  return idleMs < STUCK_AFTER_MS;
}
