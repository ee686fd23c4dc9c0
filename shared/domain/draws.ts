import { type RefusedError, refuseField } from './errors.ts';

/**
 * The status of a draw. It is `scheduled` until it opens and `open` until it closes. While it is
 * `closed`, entries get its units; once no entry waits, it is `settled`. A draw that is cancelled
 * before it closes has no winners.
 */
export const DRAW_STATUSES = ['scheduled', 'open', 'closed', 'settled', 'cancelled'] as const;

/** See `DRAW_STATUSES`. */
export type DrawStatus = (typeof DRAW_STATUSES)[number];

/** The maximum number of units of one draw. */
export const DRAW_UNITS_MAX = 10_000;
/** The maximum number of entries of one draw. */
export const DRAW_ENTRIES_MAX = 250_000;
/** A draw must close within this many days of its creation. */
export const DRAW_AHEAD_DAYS_MAX = 90;
/** Units that come back go to the next entries for this long after the draw has closed. */
export const DRAW_FOLLOW_UP_HOURS = 24;

const DAY_MS = 24 * 3_600_000;
const FOLLOW_UP_MS = DRAW_FOLLOW_UP_HOURS * 3_600_000;

/** The terms of a new draw. */
export interface DrawTerms {
  readonly quantity: number;
  readonly perBuyer: number;
  readonly opensAt: Date;
  readonly closesAt: Date;
}

/**
 * Checks the terms of a new draw. If `opensAt` is in the past, the draw opens immediately.
 * @throws RefusedError draw_ends_before_start or invalid_request
 */
export function checkDrawTerms({ quantity, perBuyer, opensAt, closesAt }: DrawTerms, now: Date) {
  if (closesAt <= opensAt) {
    throw refuseField('draw_ends_before_start', 'closesAt', 'Must be after `opensAt`.');
  }
  if (closesAt <= now) {
    throw refuseField('invalid_request', 'closesAt', 'Must be in the future.');
  }
  if (closesAt.getTime() - now.getTime() > DRAW_AHEAD_DAYS_MAX * DAY_MS) {
    const message = `Must be within ${DRAW_AHEAD_DAYS_MAX} days from now.`;
    throw refuseField('invalid_request', 'closesAt', message);
  }
  if (perBuyer > quantity) {
    throw refuseField('invalid_request', 'perBuyer', 'Must be at most `quantity`.');
  }
}

/** The fields of a draw that its entries depend on; they never change. */
export interface EnterableDraw extends Pick<DrawTerms, 'perBuyer' | 'opensAt' | 'closesAt'> {
  readonly id: string;
  readonly variantId: string;
}

/**
 * Checks that lines can enter a draw at this moment. Does not check whether the draw was cancelled:
 * that is noticed when the entry is stored.
 * @throws RefusedError draw_variant_mismatch, draw_quantity_exceeded, draw_not_open_yet or
 *   draw_closed
 */
export function checkEntry(
  draw: EnterableDraw,
  lines: readonly { readonly variantId: string; readonly quantity: number }[],
  at: Date,
): void {
  const { id: drawId, variantId, perBuyer } = draw;
  const [line] = lines;
  if (lines.length !== 1 || line?.variantId !== variantId) {
    const message = 'An entry has one line, of the variant of the draw.';
    throw refuseField('draw_variant_mismatch', 'lines', message, { drawId, variantId });
  }
  if (line.quantity > perBuyer) {
    const message = `An entry may be for at most ${perBuyer} units.`;
    const extra = { drawId, variantId, perBuyer };
    throw refuseField('draw_quantity_exceeded', 'lines.0.quantity', message, extra);
  }
  if (at >= draw.closesAt) throw drawClosed(draw);
  if (at >= draw.opensAt) return;
  const opensAt = draw.opensAt.toISOString();
  const retryAfterS = Math.ceil((draw.opensAt.getTime() - at.getTime()) / 1_000);
  const extra = { drawId, opensAt, retryAfterS };
  throw refuseField('draw_not_open_yet', 'drawId', `The draw opens at ${opensAt}.`, extra);
}

/** Returns the error for an entry after the draw has closed or was cancelled. */
export function drawClosed({ id, closesAt }: Pick<EnterableDraw, 'id' | 'closesAt'>): RefusedError {
  const extra = { drawId: id, closesAt: closesAt.toISOString() };
  return refuseField('draw_closed', 'drawId', 'The draw takes no more entries.', extra);
}

/** The fields of a closed draw that its end depends on. */
export interface ClosedDraw {
  /** Units that are set aside now. */
  readonly held: number;
  /** Pending orders that the draw has placed. */
  readonly openOrders: number;
  /** How many entries, from the first in the drawn order, have won or can no longer win. */
  readonly position: number;
  readonly entryCount: number;
  readonly closedAt: Date;
}

/**
 * Returns whether a closed draw gives out no more units: it was closed at least
 * `DRAW_FOLLOW_UP_HOURS` ago, no entry is left that could win, or no unit can come back and too few
 * are set aside for any waiting entry.
 * @param isExhausted whether every waiting entry is for more units than are set aside
 */
export function isDrawOver(draw: ClosedDraw, isExhausted: boolean, now: Date): boolean {
  const { held, openOrders, position, entryCount, closedAt } = draw;
  if (now.getTime() - closedAt.getTime() >= FOLLOW_UP_MS) return true;
  if (position >= entryCount) return true;
  return openOrders === 0 && (held === 0 || isExhausted);
}
