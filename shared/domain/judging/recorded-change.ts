import type { StockDelta } from '../vocabulary.ts';

/**
 * What may have made a change of a stock level: an order's line reserves, all else is a movement
 * of that kind. `unknown` is what no verb of the ledger writes.
 */
export const CHANGE_KINDS = [
  'reserve',
  'adjust',
  'confirm',
  'cancel',
  'expire',
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
  /** Whether it was made in the window that is being judged. */
  readonly inWindow: boolean;
  /**
   * When the checkout that it was made for was received, in epoch ms; only for reservations of
   * single-product checkouts, the ones that fairness is promised to.
   */
  readonly receivedAtMs?: number;
}

/** The kind that is on record, whatever somebody may have written there. */
export function toChangeKind(recorded: unknown): ChangeKind {
  return CHANGE_KINDS.find((kind) => kind === recorded) ?? 'unknown';
}

/**
 * Whether a change moves units as its kind must. Said here once more, and not taken from the
 * table by which orders move: a judge that read the ledger's own rules would believe its mistakes.
 */
export function hasShapeOfItsKind({ kind, onHand, reserved, sold }: RecordedChange): boolean {
  if (![onHand, reserved, sold].every(Number.isSafeInteger)) return false;
  const isRelease = onHand === 0 && reserved < 0 && sold === 0;
  switch (kind) {
    case 'reserve':
      return onHand === 0 && reserved > 0 && sold === 0;
    case 'adjust':
      return reserved === 0 && sold === 0;
    case 'confirm':
      return sold > 0 && reserved === -sold && onHand === -sold;
    case 'cancel':
      return isRelease || (sold < 0 && reserved === 0 && onHand === -sold);
    case 'expire':
      return isRelease;
    case 'reconcile':
      return true;
    case 'unknown':
      return false;
  }
}

/**
 * The change that a misshapen movement is to be recorded as. An order's takes off the shelf what it
 * says it sold, if that makes it whole; any other is kept as it is, as a correction by hand.
 * @returns undefined for a line of an order, and where units are not even whole numbers
 */
export function mendedChange(change: RecordedChange): RecordedChange | undefined {
  if (change.kind === 'reserve') return undefined;
  const balanced = { ...change, onHand: 0 - change.sold };
  const correction = { ...change, kind: 'reconcile' as const };
  return [balanced, correction].find(hasShapeOfItsKind);
}

/**
 * Units that a change brings in from outside, or takes out: only deliveries, counts and repairs
 * do. What an order does moves units between the shelf and the buyer, and brings none.
 */
export function countSupply({ kind, onHand, sold }: RecordedChange): number {
  return isOfSupply(kind) ? onHand + sold : 0;
}

/**
 * Units that a change makes available. Of an order's the shelf is not asked: what it has sold and
 * what it reserves can be promised to nobody else, even if the shelf was said to be fuller.
 */
export function countGain({ kind, onHand, reserved, sold }: RecordedChange): number {
  return isOfSupply(kind) ? onHand - reserved : -sold - reserved;
}

function isOfSupply(kind: ChangeKind): boolean {
  return kind === 'adjust' || kind === 'reconcile';
}
