import type { DrawStatus } from '../draws.ts';

/** A draw as stored, as far as it holds units. */
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
 * Compares what a draw holds with its orders. It holds what these leave of its units, until it gives
 * out no more.
 * @param kept units of its orders that did not come back
 */
export function toDrawUnits(draw: StoredDraw, kept: number): DrawUnits {
  const { drawId, quantity, held: stored } = draw;
  return { drawId, stored, expected: isOver(draw) ? 0 : Math.max(0, quantity - kept) };
}

/** Returns whether a draw holds no units any more. */
export function isOver({ status, isFinishing }: Pick<StoredDraw, 'status' | 'isFinishing'>) {
  return status === 'settled' || status === 'cancelled' || isFinishing === true;
}
