import type { StockDelta } from '../vocabulary.ts';

/**
 * The kinds of changes of a stock level: an order's line reserves, every other change is a movement
 * of that kind. No verb of the ledger writes an `unknown` one.
 */
export const CHANGE_KINDS = [
  'reserve',
  'adjust',
  'confirm',
  'cancel',
  'expire',
  'reacquire',
  'return',
  'draw',
  'reconcile',
  'unknown',
] as const;

/** See `CHANGE_KINDS`. */
export type ChangeKind = (typeof CHANGE_KINDS)[number];

/** One change of a variant's stock level, as an order's line or a movement records it. */
export interface RecordedChange extends StockDelta {
  readonly kind: ChangeKind;
  /** The stock version that it made. */
  readonly version: number;
  /** Whether it was made in the judged window. */
  readonly inWindow: boolean;
  /**
   * When its checkout was received, in epoch ms; only for reservations of single-product checkouts,
   * for which fairness is promised.
   */
  readonly receivedAtMs?: number;
}

/** Returns the recorded kind; `unknown` for any other value. */
export function toChangeKind(recorded: unknown): ChangeKind {
  return CHANGE_KINDS.find((kind) => kind === recorded) ?? 'unknown';
}

/**
 * Returns whether a change moves units as its kind must. This repeats the table of order
 * transitions on purpose: a judge that used the ledger's own rules would repeat its mistakes.
 */
export function hasShapeOfItsKind({ kind, onHand, reserved, sold }: RecordedChange): boolean {
  if (![onHand, reserved, sold].every(Number.isSafeInteger)) return false;
  const isRelease = onHand === 0 && reserved < 0 && sold === 0;
  const isRestock = sold < 0 && reserved === 0 && onHand === -sold;
  switch (kind) {
    case 'reserve':
      return onHand === 0 && reserved > 0 && sold === 0;
    case 'draw':
      return onHand === 0 && reserved !== 0 && sold === 0;
    case 'adjust':
      return reserved === 0 && sold === 0;
    case 'confirm':
      return sold > 0 && reserved === -sold && onHand === -sold;
    case 'cancel':
      return isRelease || isRestock;
    case 'return':
      return isRestock;
    case 'expire':
      return isRelease;
    case 'reacquire':
      return sold > 0 && reserved === 0 && onHand === -sold;
    case 'reconcile':
      return true;
    case 'unknown':
      return false;
  }
}

/**
 * Corrects a misshapen movement. A movement of an order takes off the shelf what it says it sold,
 * if that gives it its shape; any other stays as it is and counts as a correction by hand.
 * @returns undefined for a line of an order, and if units are not whole numbers
 */
export function mendedChange(change: RecordedChange): RecordedChange | undefined {
  if (change.kind === 'reserve') return undefined;
  const balanced = { ...change, onHand: 0 - change.sold };
  const correction = { ...change, kind: 'reconcile' as const };
  return [balanced, correction].find(hasShapeOfItsKind);
}

/**
 * Counts the units that a change brings in from outside, or takes out. Only deliveries, counts and
 * repairs do; an order moves units between the shelf and the buyer.
 */
export function countSupply({ kind, onHand, sold }: RecordedChange): number {
  return isOfSupply(kind) ? onHand + sold : 0;
}

/**
 * Counts the units that a change makes available. For an order this ignores the shelf: what it has
 * sold and what it reserves is not available, even if its movement left units on the shelf.
 */
export function countGain({ kind, onHand, reserved, sold }: RecordedChange): number {
  return isOfSupply(kind) ? onHand - reserved : -sold - reserved;
}

function isOfSupply(kind: ChangeKind): boolean {
  return kind === 'adjust' || kind === 'reconcile';
}
