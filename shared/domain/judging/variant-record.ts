import type { OrderStatus, StockDelta, StockLevel } from '../vocabulary.ts';
import type { DrawUnits } from './draw-units.ts';
import type { RecordedChange } from './recorded-change.ts';

/** The counters in a variant's stock document. */
export type StoredLevel = Pick<
  StockLevel,
  'onHand' | 'reserved' | 'sold' | 'version' | 'heldByUnlisted'
>;

/** Units that orders hold, by their current status, and reserved units that draws should hold. */
export interface HeldUnits extends Pick<StockDelta, 'reserved' | 'sold'> {
  /** Reserved units of orders from unlisted storefronts; absent if there are none. */
  readonly heldByUnlisted?: number;
}

/** A refusal for lack of stock, with the stock version that it was based on. */
export interface StockRefusal {
  /** NaN if the refusal names no version. */
  readonly version: number;
  /** The requested units of the variant. */
  readonly requested: number;
  /** When the refused checkout was accepted, in epoch ms; only if fairness can be judged. */
  readonly acceptedAtMs?: number;
}

/** Everything recorded about one variant. */
export interface VariantRecord {
  readonly variantId: string;
  /** Absent if orders or movements name a variant that has no stock document. */
  readonly stored?: StoredLevel;
  readonly changes: readonly RecordedChange[];
  readonly held: HeldUnits;
  /** The units that its draws hold; absent if there are none. */
  readonly draws?: readonly DrawUnits[];
  /** Refusals in the window that is being judged. */
  readonly refusals: readonly StockRefusal[];
  /**
   * Waits in the window, each with the version at which it ended, or infinity if it has not ended.
   */
  readonly waits?: readonly StockRefusal[];
}

const HOLDS: Readonly<Record<OrderStatus, keyof HeldUnits | 'nothing'>> = {
  pending: 'reserved',
  confirmed: 'sold',
  shipped: 'sold',
  delivered: 'sold',
  cancelled: 'nothing',
  expired: 'nothing',
  // Units that did not go back on sale count as if the buyer had kept them.
  returned: 'sold',
  lost: 'sold',
};

/**
 * Counts units of an order as reserved or sold, by the status of the order.
 * @param quantity the units that did not go back on sale
 */
export function heldUnits(
  { status, isUnlisted }: { readonly status: OrderStatus; readonly isUnlisted?: true },
  quantity: number,
): HeldUnits {
  const counter = HOLDS[status];
  const reserved = counter === 'reserved' ? quantity : 0;
  return {
    reserved,
    sold: counter === 'sold' ? quantity : 0,
    ...(isUnlisted && { heldByUnlisted: reserved }),
  };
}

/** Adds up held units. */
export function addHeld(first: HeldUnits, second: HeldUnits): HeldUnits {
  const heldByUnlisted = (first.heldByUnlisted ?? 0) + (second.heldByUnlisted ?? 0);
  return {
    reserved: first.reserved + second.reserved,
    sold: first.sold + second.sold,
    ...(heldByUnlisted !== 0 && { heldByUnlisted }),
  };
}
