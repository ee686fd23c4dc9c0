import type { OrderStatus, StockDelta, StockLevel } from '../vocabulary.ts';
import type { RecordedChange } from './recorded-change.ts';
import type { StockRefusal } from './refusals.ts';

/** What a stock document holds of a variant. */
export type StoredLevel = Pick<StockLevel, 'onHand' | 'reserved' | 'sold' | 'version'>;

/** Units that orders hold by the status they are in now. */
export type HeldUnits = Pick<StockDelta, 'reserved' | 'sold'>;

/** Everything on record about one variant. */
export interface VariantRecord {
  readonly variantId: string;
  /** Absent when orders or movements name a variant that has no stock document. */
  readonly stored?: StoredLevel;
  readonly changes: readonly RecordedChange[];
  readonly held: HeldUnits;
  /** Refusals in the window that is being judged. */
  readonly refusals: readonly StockRefusal[];
}

const HOLDS: Readonly<Record<OrderStatus, keyof HeldUnits | 'nothing'>> = {
  pending: 'reserved',
  confirmed: 'sold',
  shipped: 'sold',
  delivered: 'sold',
  cancelled: 'nothing',
  expired: 'nothing',
};

/** What `quantity` units in an order count as while it has this status. */
export function heldUnits(status: OrderStatus, quantity: number): HeldUnits {
  const counter = HOLDS[status];
  return {
    reserved: counter === 'reserved' ? quantity : 0,
    sold: counter === 'sold' ? quantity : 0,
  };
}
