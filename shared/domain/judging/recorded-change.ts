import type { StockDelta } from '../vocabulary.ts';

/**
 * The kinds of changes of a stock level: a `reserve` is recorded in an order's line, every other
 * kind in a movement. The ledger never writes an `unknown` change.
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
 * Returns whether a change moves units as its kind requires. Repeats the table of order transitions
 * on purpose, because a judge that used the ledger's rules would repeat its mistakes.
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
 * Returns the corrected form of a misshapen movement: with the units on hand reduced by the units
 * sold, if the movement then has the shape of its kind; otherwise with the same units and the kind
 * `reconcile`, as a manual correction.
 * @returns undefined for a line of an order, and if units are not whole numbers
 */
export function correctedChange(change: RecordedChange): RecordedChange | undefined {
  if (change.kind === 'reserve') return undefined;
  const balanced = { ...change, onHand: 0 - change.sold };
  const correction = { ...change, kind: 'reconcile' as const };
  return [balanced, correction].find(hasShapeOfItsKind);
}

/**
 * Returns the units that a change adds to the shop's supply, or removes if negative. Only
 * adjustments and repairs do so; an order moves units between the shop and the buyer.
 */
export function countSupply({ kind, onHand, sold }: RecordedChange): number {
  return isOfSupply(kind) ? onHand + sold : 0;
}

/**
 * Returns the units that a change makes available. For an order, units on hand are ignored: sold
 * and reserved units are not available, even if the movement did not reduce units on hand.
 */
export function countGain({ kind, onHand, reserved, sold }: RecordedChange): number {
  return isOfSupply(kind) ? onHand - reserved : -sold - reserved;
}

function isOfSupply(kind: ChangeKind): boolean {
  return kind === 'adjust' || kind === 'reconcile';
}
