import type { KnownProcess } from '../../shared/store/heartbeat.ts';

/** Four missed heartbeats. */
const SILENT_AFTER_MS = 8_000;
/** The recovery sweep adds jobs within 7 s, so a worker that takes none by then is stuck. */
const STUCK_AFTER_MS = 10_000;
/** Checkouts that a worker may hold at the largest BATCH_MAX. */
const HELD_MAX = 2_048;

/**
 * - `working`: no sign of trouble
 * - `silent`: no heartbeat, because it was killed, is stopped, or cannot reach MongoDB
 * - `failing`: it reports that it cannot work with Redis
 * - `stuck`: checkouts are waiting and it takes none
 */
export type WorkerState = 'working' | 'silent' | 'failing' | 'stuck';

/** The checkouts that wait to be settled; `waiting` is counted up to a bound. */
export interface Backlog {
  readonly waiting: number;
  readonly oldestMs: number;
}

/** Returns the state of each worker, in the same order. */
export function toWorkerStates(
  workers: readonly KnownProcess[],
  backlog: Backlog | undefined,
): WorkerState[] {
  const states = workers.map(stateByHeartbeat);
  const alive = workers.filter((_, index) => states[index] === 'working');
  return states.map((state, index) => {
    const worker = workers[index];
    const isIdle = state === 'working' && worker !== undefined && !hasTaken(worker);
    return isIdle && isBacklogIgnored(alive, backlog) ? 'stuck' : state;
  });
}

function stateByHeartbeat({ seenAgoMs, redisTrouble }: KnownProcess): WorkerState {
  if (seenAgoMs > SILENT_AFTER_MS) return 'silent';
  return redisTrouble === undefined ? 'working' : 'failing';
}

/** A worker that has just started counts as one that has taken a checkout. */
function hasTaken({ takenAgoMs, startedAgoMs, seenAgoMs }: KnownProcess): boolean {
  const idleMs = Math.min(takenAgoMs ?? startedAgoMs, startedAgoMs) - seenAgoMs;
  return idleMs < STUCK_AFTER_MS;
}

/** A few old checkouts may all be held by busy workers, which retry failed ones. */
function isBacklogIgnored(alive: readonly KnownProcess[], backlog: Backlog | undefined): boolean {
  if (backlog === undefined || backlog.oldestMs < STUCK_AFTER_MS) return false;
  const busy = alive.filter(hasTaken).length;
  return backlog.waiting > busy * HELD_MAX;
}
