import { Schema } from 'mongoose';
import { ifPresent } from './if-present.ts';

/** An entry of the search index: the values by which one order or checkout is found. */
export interface SearchRecord {
  /** Id of the order or checkout. */
  readonly _id: string;
  readonly kind: 'order' | 'checkout';
  /** When it was placed or received; never changes, so that pages can continue after it. */
  readonly at: Date;
  /** When it last changed. */
  readonly changedAt: Date;
  readonly status: string;
  /** Shops that may see it. Only for orders: shops do not search checkouts. */
  readonly audience?: readonly string[];
  /** See `toTokens`. */
  readonly tokens: readonly string[];
  /** Number of its changes. An older state never replaces a newer state. */
  readonly version: number;
  /** Id of the request for which it was indexed; decides between entries of the same version. */
  readonly requestId: string;
}

/** A request to index orders and checkouts. Deleted once they are indexed. */
export interface SearchRequestRecord {
  /** Sorts by time. */
  readonly _id: string;
  /** The time of the oldest change. */
  readonly at: Date;
  readonly subjectIds: readonly string[];
}

export const searchSchema = new Schema(
  {
    _id: { type: String, required: true },
    kind: { type: String, required: true, enum: ['order', 'checkout'] },
    at: { type: Date, required: true },
    changedAt: { type: Date, required: true },
    status: { type: String, required: true },
    audience: { type: [String], default: undefined },
    tokens: { type: [String], required: true },
    version: { type: Number, required: true },
    requestId: { type: String, required: true },
  },
  { collection: 'search', versionKey: false },
);

searchSchema.index({ tokens: 1, at: -1, _id: -1 }, { name: 'search_by_token' });
searchSchema.index({ at: -1, _id: -1 }, { name: 'search_by_time' });
searchSchema.index(
  { audience: 1, changedAt: -1, _id: -1 },
  { name: 'orders_by_change', ...ifPresent('audience') },
);

export const searchRequestSchema = new Schema(
  {
    _id: { type: String, required: true },
    at: { type: Date, required: true },
    subjectIds: { type: [String], required: true },
  },
  { collection: 'search_requests', versionKey: false },
);
