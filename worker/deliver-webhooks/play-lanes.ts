import { isSuspect } from '../../shared/domain/webhooks/endpoint-health.ts';
import { LANES_MIN } from '../../shared/domain/webhooks/lane-limit.ts';
import { pause } from '../../shared/runtime/deadline.ts';
import { attemptDelivery } from './attempt.ts';
import type { DeliveryContext } from './delivery-context.ts';
import { findDueWork, type Work } from './due-work.ts';
import { playSubject } from './play-subject.ts';
import type { Turn } from './turn.ts';

/**
 * Requests that one worker has under way, to all endpoints together. Each endpoint has its first
 * lanes in any case; what is left of these goes to those that take more.
 */
export const WORKER_LANES_MAX = 256;

/** How many lanes all turns of a worker have together. */
export interface WorkerLanes {
  count: number;
}

/**
 * Delivers what is due to the turn's endpoint until nothing is, or the turn is over: in several
 * lanes, each of which takes on something new as soon as it is free. An endpoint that has been
 * failing is tried with one request.
 */
export async function playLanes(
  context: DeliveryContext,
  turn: Turn,
  workerLanes: WorkerLanes,
): Promise<void> {
  const due = findDueWork(context, turn);
  const faults: unknown[] = [];
  /** Ends the wait for a lane. */
  let waiting = new AbortController();
  const begin = (work: Work) => {
    turn.underWay += 1;
    workerLanes.count += 1;
    const playing =
      'asked' in work
        ? attemptDelivery(context, turn, work.asked, true).then(() => false)
        : playSubject(context, turn, work.subjectId, () => due.hasMore(work.subjectId));
    playing
      .then((isUnfinished) => due.putBack(work, isUnfinished))
      .catch((error) => {
        faults.push(error);
        turn.isOver = true;
      })
      .finally(() => {
        turn.underWay -= 1;
        workerLanes.count -= 1;
        waiting.abort();
      });
  };
  const { pollEveryMs } = context.times;
  try {
    while (!turn.isOver) {
      waiting = new AbortController();
      const wasIdle = turn.underWay === 0;
      const work = isLaneFree(context, turn, workerLanes) ? await due.next() : undefined;
      if (work !== undefined) begin(work);
      else if (wasIdle) break;
      else await pause(pollEveryMs, waiting.signal);
    }
  } catch (error) {
    faults.push(error);
    turn.isOver = true;
  }
  while (turn.underWay > 0) {
    waiting = new AbortController();
    await pause(pollEveryMs, waiting.signal);
  }
  await due.close();
  if (faults.length > 0) throw faults[0];
}

function isLaneFree(context: DeliveryContext, turn: Turn, workerLanes: WorkerLanes): boolean {
  const { underWay, limit, health } = turn;
  if (underWay === 0) return true;
  if (isSuspect(health, context.times.health)) return false;
  if (underWay < LANES_MIN) return true;
  return underWay < limit.lanes && workerLanes.count < WORKER_LANES_MAX;
}
