import { type RefusedError, refuseField } from './errors.ts';

/**
 * The status of a draw. It is `scheduled` until it opens and `open` until it closes. While it is
 * `closed` its units are placed; once no entry waits it is `settled`. A draw that is cancelled
 * before it closes has no winners.
 */
export const DRAW_STATUSES = ['scheduled', 'open', 'closed', 'settled', 'cancelled'] as const;

/** See `DRAW_STATUSES`. */
export type DrawStatus = (typeof DRAW_STATUSES)[number];

/** Units of one draw. */
export const DRAW_UNITS_MAX = 10_000;
/** Entries of one draw. */
export const DRAW_ENTRIES_MAX = 250_000;
/** How far ahead a draw may close. */
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
 * Checks the terms of a new draw. A time to open in the past opens the draw immediately.
 * @throws RefusedError draw_ends_before_start or invalid_request
 */
export function checkDrawTerms({ quantity, perBuyer, opensAt, closesAt }: DrawTerms, now: Date) {
  if (closesAt <= opensAt) {
    throw refuseField('draw_ends_before_start', 'closesAt', 'It is not after `opensAt`.');
  }
  if (closesAt <= now) {
    throw refuseField('invalid_request', 'closesAt', 'It is in the past.');
  }
  if (closesAt.getTime() - now.getTime() > DRAW_AHEAD_DAYS_MAX * DAY_MS) {
    const message = `A draw closes within ${DRAW_AHEAD_DAYS_MAX} days.`;
    throw refuseField('invalid_request', 'closesAt', message);
  }
  if (perBuyer > quantity) {
    throw refuseField('invalid_request', 'perBuyer', 'The draw has fewer units.');
  }
}

/** The fields of a draw that its entries depend on; they never change. */
export interface EnterableDraw extends Pick<DrawTerms, 'perBuyer' | 'opensAt' | 'closesAt'> {
  readonly id: string;
  readonly variantId: string;
}

/**
 * Checks that lines can enter a draw at this moment. A cancelled draw is noticed when the entry is
 * stored.
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
    const message = `An entry may ask for at most ${perBuyer} units.`;
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

/** Makes the refusal of an entry that comes after the draw has closed or was cancelled. */
export function drawClosed({ id, closesAt }: Pick<EnterableDraw, 'id' | 'closesAt'>): RefusedError {
  const extra = { drawId: id, closesAt: closesAt.toISOString() };
  return refuseField('draw_closed', 'drawId', 'The draw takes no more entries.', extra);
}

/** The fields of a closed draw that its end depends on. */
export interface ClosedDraw {
  readonly held: number;
  readonly openOrders: number;
  readonly position: number;
  readonly entryCount: number;
  readonly closedAt: Date;
}

/**
 * Returns whether a closed draw gives out no more units: none of its units can come back, no entry
 * is left that could get one, or it was closed too long ago.
 * @param isExhausted whether no waiting entry fits the units that are set aside
 */
export function isDrawOver(draw: ClosedDraw, isExhausted: boolean, now: Date): boolean {
  const { held, openOrders, position, entryCount, closedAt } = draw;
  if (now.getTime() - closedAt.getTime() >= FOLLOW_UP_MS) return true;
  if (position >= entryCount) return true;
  return openOrders === 0 && (held === 0 || isExhausted);
}
