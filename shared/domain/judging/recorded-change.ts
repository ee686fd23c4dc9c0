import type { StockDelta } from '../vocabulary.ts';

/**
 * The kinds of changes of a stock level: an order's line reserves, every other change is a movement
 * of that kind. The ledger never writes an `unknown` one.
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
 * Corrects a misshapen movement. A movement of an order reduces the units on hand by the units that
 * it sold, if it then has the shape of its kind. Any other movement stays as it is and counts as a
 * manual correction.
 * @returns undefined for a line of an order, and if units are not whole numbers
 */
export function correctedChange(change: RecordedChange): RecordedChange | undefined {
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
 * Counts the units that a change makes available. For an order this ignores units on hand: sold and
 * reserved units are not available, even if the movement did not reduce units on hand.
 */
export function countGain({ kind, onHand, reserved, sold }: RecordedChange): number {
  return isOfSupply(kind) ? onHand - reserved : -sold - reserved;
}

function isOfSupply(kind: ChangeKind): boolean {
  return kind === 'adjust' || kind === 'reconcile';
}
