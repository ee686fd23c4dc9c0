import type { KnownProcess } from '../../shared/store/heartbeat.ts';

/** Four missed heartbeats. */
const SILENT_AFTER_MS = 8_000;
/** The recovery sweep gives what waits a job within 7 s; a worker that takes nothing then is stuck. */
const STUCK_AFTER_MS = 10_000;
/** As many checkouts as a worker may hold at the largest BATCH_MAX. */
const HELD_MAX = 2_048;

/**
 * `working`: nothing speaks against it. `silent`: no heartbeat, so it was killed, is stopped or cut
 * off from MongoDB. `failing`: it reports that it cannot work with Redis. `stuck`: checkouts wait
 * and it takes none.
 */
export type WorkerState = 'working' | 'silent' | 'failing' | 'stuck';

/** What waits to be settled; `waiting` is counted up to a bound. */
export interface Backlog {
  readonly waiting: number;
  readonly oldestMs: number;
}

/** The state of each worker, in the order given. */
export function toWorkerStates(
  workers: readonly KnownProcess[],
  backlog: Backlog | undefined,
): WorkerState[] {
  const states = workers.map(stateByHeartbeat);
  const alive = workers.filter((_, index) => states[index] === 'working');
  return states.map((state, index) => {
    const worker = workers[index];
    const isIdle = state === 'working' && worker !== undefined && !hasTaken(worker);
    return isIdle && isLeftWaiting(alive, backlog) ? 'stuck' : state;
  });
}

function stateByHeartbeat({ seenAgoMs, redisTrouble }: KnownProcess): WorkerState {
  if (seenAgoMs > SILENT_AFTER_MS) return 'silent';
  return redisTrouble === undefined ? 'working' : 'failing';
}

/** One that has only just started has had no time to take anything. */
function hasTaken({ takenAgoMs, startedAgoMs, seenAgoMs }: KnownProcess): boolean {
  const idleMs = Math.min(takenAgoMs ?? startedAgoMs, startedAgoMs) - seenAgoMs;
  return idleMs < STUCK_AFTER_MS;
}

/** Few old checkouts may all be in the hands of others, which try again what failed. */
function isLeftWaiting(alive: readonly KnownProcess[], backlog: Backlog | undefined): boolean {
  if (backlog === undefined || backlog.oldestMs < STUCK_AFTER_MS) return false;
  const busy = alive.filter(hasTaken).length;
  return backlog.waiting > busy * HELD_MAX;
}
