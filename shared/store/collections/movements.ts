import { Schema } from 'mongoose';
import type { StockDelta } from '../../domain/vocabulary.ts';

/** Why a movement was made. */
export type MovementKind = 'adjust' | 'confirm' | 'cancel' | 'expire' | 'reconcile';

/** One change of a variant's stock level other than a reservation. Never changed once written. */
export interface MovementRecord {
  readonly _id: string;
  readonly variantId: string;
  readonly shopId: string;
  /** The stock version that this movement made. */
  readonly version: number;
  readonly kind: MovementKind;
  readonly delta: StockDelta;
  readonly reason: string;
  /** What it was for: an order's id, a delivery note, … */
  readonly reference?: string;
  readonly actor: string;
  readonly at: Date;
}

export const movementSchema = new Schema<MovementRecord>(
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
  },
  { collection: 'movements', versionKey: false },
);

movementSchema.index(
  { variantId: 1, version: 1 },
  { name: 'one_movement_per_stock_version', unique: true },
);
