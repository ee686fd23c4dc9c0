import { Schema } from 'mongoose';
import type { StockDelta, StockLevel } from '../../domain/vocabulary.ts';

/** Why a movement was made. */
export type MovementKind =
  | 'adjust'
  | 'confirm'
  | 'cancel'
  | 'expire'
  | 'reacquire'
  | 'return'
  | 'draw'
  | 'reconcile';

/** One change of a variant's stock level other than a reservation. Only a repair changes it. */
export interface MovementRecord {
  readonly _id: string;
  readonly variantId: string;
  readonly shopId: string;
  /** The version of the stock level after this movement. */
  readonly version: number;
  readonly kind: MovementKind;
  readonly delta: StockDelta;
  readonly reason: string;
  /** An order's id, a delivery note, … */
  readonly reference?: string;
  readonly actor: string;
  readonly at: Date;
  /**
   * Present if the request had an Idempotency-Key; a repeat of the request gets the same answer.
   */
  readonly request?: MovementRequest;
}

/** The request of a movement, and the level after it. */
export interface MovementRequest {
  /** SHA-256 of the parsed request; tells a repeat from another request with the same key. */
  readonly hash: string;
  readonly level: Pick<StockLevel, 'onHand' | 'reserved' | 'sold' | 'lowStockThreshold'>;
}

export const movementSchema = new Schema(
  {
    _id: { type: String, required: true },
    variantId: { type: String, required: true },
    shopId: { type: String, required: true },
    version: { type: Number, required: true },
    kind: { type: String, required: true },
    delta: { onHand: Number, reserved: Number, sold: Number },
    reason: { type: String, required: true },
    reference: String,
    actor: { type: String, required: true },
    at: { type: Date, required: true },
    request: { type: Schema.Types.Mixed },
  },
  { collection: 'movements', versionKey: false },
);

movementSchema.index(
  { variantId: 1, version: 1 },
  { name: 'one_movement_per_stock_version', unique: true },
);
// Sellers search adjustments among thousands of sales. Sales are not in this index.
movementSchema.index(
  { variantId: 1, version: -1 },
  { name: 'adjustments_of_variant', partialFilterExpression: { kind: 'adjust' } },
);
