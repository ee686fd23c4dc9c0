import { Schema } from 'mongoose';
import type { DomainEvent } from '../../contract/events.ts';

/** The events of one transaction, written in it as one document. */
export interface OutboxRecord {
  readonly _id: string;
  readonly at: Date;
  readonly events: readonly DomainEvent[];
  /** Shops that may see at least one of the events. */
  readonly shopIds: readonly string[];
  readonly isRelayed: boolean;
  /** Whether the webhook deliveries are stored. */
  readonly isFannedOut: boolean;
  /** When the relay published them; absent until then. */
  readonly relayedAt?: Date;
  /** By subject id: the trace contexts of subjects whose checkout is traced. */
  readonly traceparents?: Readonly<Record<string, string>>;
}

/** Matches entries whose webhook deliveries are not stored yet. */
export const NOT_FANNED_OUT = { isFannedOut: false } as const;

/**
 * How far the clocks of hosts may differ without changing the order of a subject's events. Entries
 * are read in order of their times, which the writing processes set. Readers also read the entries
 * up to this long after a page, to find earlier events of the subjects of the page.
 */
export const CLOCKS_APART_MS_MAX = 1_000;

/** Relayed events are kept for a week, so that shops can catch up. */
export const RELAYED_EVENTS_KEPT_S = 7 * 24 * 60 * 60;

export const outboxSchema = new Schema(
  {
    _id: { type: String, required: true },
    at: { type: Date, required: true },
    events: { type: [Schema.Types.Mixed], required: true },
    shopIds: { type: [String], required: true },
    isRelayed: { type: Boolean, required: true, default: false },
    isFannedOut: { type: Boolean, required: true, default: false },
    relayedAt: Date,
    traceparents: { type: Schema.Types.Mixed },
  },
  { collection: 'outbox', versionKey: false },
);

outboxSchema.index(
  { at: 1 },
  { name: 'unrelayed_by_age', partialFilterExpression: { isRelayed: false } },
);
outboxSchema.index(
  { at: 1 },
  { name: 'awaiting_fan_out_by_age', partialFilterExpression: NOT_FANNED_OUT },
);
outboxSchema.index({ shopIds: 1, at: 1, _id: 1 }, { name: 'events_of_shop' });
outboxSchema.index(
  { relayedAt: 1 },
  { name: 'relayed_events_expire', expireAfterSeconds: RELAYED_EVENTS_KEPT_S },
);
