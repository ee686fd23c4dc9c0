import type { DrawStatus } from '../draws.ts';

/** The fields of a stored draw that decide how many units it holds. */
export interface StoredDraw {
  readonly drawId: string;
  readonly quantity: number;
  readonly held: number;
  readonly status: DrawStatus;
  readonly isFinishing?: true;
}

/** The units that a draw holds, as stored and as they should be. */
export interface DrawUnits {
  readonly drawId: string;
  readonly stored: number;
  readonly expected: number;
}

/**
 * Compares the units that a draw holds with its orders. Until it stops giving out units, a draw
 * holds its units less the units of its orders.
 * @param kept the units of its orders that were not returned
 */
export function toDrawUnits(draw: StoredDraw, kept: number): DrawUnits {
  const { drawId, quantity, held: stored } = draw;
  return { drawId, stored, expected: isOver(draw) ? 0 : Math.max(0, quantity - kept) };
}

/** Returns whether a draw no longer holds units. */
export function isOver({ status, isFinishing }: Pick<StoredDraw, 'status' | 'isFinishing'>) {
  return status === 'settled' || status === 'cancelled' || isFinishing === true;
}
