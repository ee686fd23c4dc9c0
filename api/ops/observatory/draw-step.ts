import { DRAW_FOLLOW_UP_HOURS } from '../../../shared/domain/draws.ts';
import type { DrawRecord } from '../../../shared/store/collections/draws.ts';
import type { DrawStep } from './figures.ts';

const FOLLOW_UP_MS = DRAW_FOLLOW_UP_HOURS * 3_600_000;

type StepFields =
  | 'status'
  | 'opensAt'
  | 'closesAt'
  | 'closedAt'
  | 'held'
  | 'openOrders'
  | 'position'
  | 'entryCount'
  | 'isFinishing';

/** Returns what happens to a draw next. */
export function toNextStep(draw: Pick<DrawRecord, StepFields>, now: Date): DrawStep {
  const { status, opensAt, closesAt, held, openOrders, isFinishing } = draw;
  if (isFinishing === true) return { step: 'reject' };
  if (status === 'settled' || status === 'cancelled') return { step: 'none' };
  if (status !== 'closed') {
    return now < opensAt ? { step: 'open', at: opensAt } : { step: 'close', at: closesAt };
  }
  const { closedAt = now, position, entryCount = 0 } = draw;
  if (held > 0 && position < entryCount) return { step: 'place' };
  if (openOrders === 0 || position >= entryCount) return { step: 'give_back' };
  const until = new Date(closedAt.getTime() + FOLLOW_UP_MS);
  return { step: 'await_orders', orders: openOrders, at: until };
}
