import { Schema } from 'mongoose';
import type { DrawStatus } from '../../domain/draws.ts';
import { ifPresent } from './if-present.ts';

/**
 * A draw: buyers enter for units of one variant, which go to the entries in an order that follows
 * from a seed. The seed's hash is published before the draw opens. The entries are checkouts.
 */
export interface DrawRecord {
  readonly _id: string;
  readonly shopId: string;
  readonly productId: string;
  readonly variantId: string;
  /** Units set aside when it was created. */
  readonly quantity: number;
  /** The largest quantity of one entry. */
  readonly perBuyer: number;
  readonly opensAt: Date;
  readonly closesAt: Date;
  readonly status: DrawStatus;
  /** SHA-256 of the seed, in hex. */
  readonly seedHash: string;
  /** The seed in hex; before the draw is closed it is in `draw_seeds` only. */
  readonly seed?: string;
  /** The number of entries; present once no further entry can be stored. */
  readonly entryCount?: number;
  /** Units that are set aside now: reserved, and not part of any order. */
  readonly held: number;
  /** Pending orders that it has placed. */
  readonly openOrders: number;
  /** The number of entries, from the beginning of the order, that have won or can no longer win. */
  readonly position: number;
  /** How often a parked entry has been replayed, so that it waits again; absent is 0. */
  readonly replays?: number;
  /** The number of changes of this document. */
  readonly revision: number;
  /** Present while a worker may have work for it. */
  readonly isActive?: true;
  /** Present once its remaining units are back on sale, while entries still have to be rejected. */
  readonly isFinishing?: true;
  /** The id up to which entries have been rejected; present while a finishing draw rejects them. */
  readonly rejectedUpTo?: string;
  /** SHA-256 of the request, if the id is derived from its Idempotency-Key. */
  readonly requestHash?: string;
  readonly createdAt: Date;
  readonly createdBy: string;
  readonly closedAt?: Date;
  readonly settledAt?: Date;
  readonly cancelledAt?: Date;
}

/**
 * The seed of a draw that is not closed. It is stored apart from the draw, so that no one reads it
 * by mistake.
 */
export interface DrawSeedRecord {
  /** The draw's id. */
  readonly _id: string;
  /** 32 bytes in hex. */
  readonly seed: string;
}

/**
 * A gate of a draw: a counter of its entries, which can be closed. An entry is stored in the
 * transaction that counts it at an open gate. A draw has several gates, so that entries do not wait
 * for each other.
 */
export interface DrawGateRecord {
  readonly _id: string;
  readonly drawId: string;
  readonly isOpen: boolean;
  /** Entries minus withdrawals that were counted at this gate; may be negative. */
  readonly entries: number;
}

/** An entry of a draw. A withdrawal before the draw closes deletes it. */
export interface DrawEntryRecord {
  /** Id of the checkout. */
  readonly _id: string;
  readonly drawId: string;
  /** `toBuyerKey` of its buyer. */
  readonly buyer: string;
  /** The key of the checkout, by which a repeat is recognized. */
  readonly idempotencyKey?: string;
  /** Its place in the order of the draw, from 0; present once its turn has come. */
  readonly rank?: number;
  readonly isPlaced?: true;
}

const count = { type: Number, required: true, min: 0 };
const text = { type: String, required: true };

export const drawSchema = new Schema(
  {
    _id: text,
    shopId: text,
    productId: text,
    variantId: text,
    quantity: count,
    perBuyer: count,
    opensAt: { type: Date, required: true },
    closesAt: { type: Date, required: true },
    status: text,
    seedHash: text,
    seed: String,
    entryCount: Number,
    held: count,
    openOrders: count,
    position: count,
    replays: Number,
    revision: count,
    isActive: Boolean,
    isFinishing: Boolean,
    rejectedUpTo: String,
    requestHash: String,
    createdAt: { type: Date, required: true },
    createdBy: text,
    closedAt: Date,
    settledAt: Date,
    cancelledAt: Date,
  },
  { collection: 'draws', versionKey: false },
);

// By time and not by id alone: an id that is derived from an Idempotency-Key contains no time.
drawSchema.index({ shopId: 1, createdAt: -1, _id: -1 }, { name: 'draws_of_shop_by_creation' });
drawSchema.index(
  { closesAt: 1 },
  { name: 'active_draws', partialFilterExpression: { isActive: true } },
);
// For judging stock levels: the draws that hold units.
drawSchema.index(
  { variantId: 1 },
  { name: 'held_by_draws', partialFilterExpression: { held: { $gt: 0 } } },
);

export const drawSeedSchema = new Schema(
  { _id: text, seed: text },
  { collection: 'draw_seeds', versionKey: false },
);

export const drawGateSchema = new Schema(
  {
    _id: text,
    drawId: text,
    isOpen: { type: Boolean, required: true },
    entries: { type: Number, required: true },
  },
  { collection: 'draw_gates', versionKey: false },
);

drawGateSchema.index({ drawId: 1 }, { name: 'gates_of_draw' });

export const drawEntrySchema = new Schema(
  {
    _id: text,
    drawId: text,
    buyer: text,
    idempotencyKey: String,
    rank: Number,
    isPlaced: Boolean,
  },
  { collection: 'draw_entries', versionKey: false },
);

drawEntrySchema.index({ drawId: 1, buyer: 1 }, { name: 'one_entry_per_buyer', unique: true });
drawEntrySchema.index({ drawId: 1, _id: 1 }, { name: 'entries_of_draw' });
drawEntrySchema.index({ drawId: 1, rank: 1 }, { name: 'drawn_entries', ...ifPresent('rank') });
