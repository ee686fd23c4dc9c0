import { Schema } from 'mongoose';
import type { DomainEvent } from '../../contract/events.ts';

/** The events of one transaction, written with it. One document a transaction keeps it cheap. */
export interface OutboxRecord {
  readonly _id: string;
  readonly at: Date;
  readonly events: readonly DomainEvent[];
  /** Shops that may see one of the events. */
  readonly shopIds: readonly string[];
  readonly isRelayed: boolean;
  /** Whether the deliveries to the shops' webhooks are on record; absence is false. */
  readonly isFannedOut: boolean;
  /** When the relay had published them; absent until then. */
  readonly relayedAt?: Date;
}

/**
 * Those whose deliveries are not on record. Processes of a version that knew no webhooks write
 * entries without the mark, and may still run beside this one.
 */
export const NOT_FANNED_OUT = { isFannedOut: { $in: [false, null] } } as const;

/**
 * Entries are read by their time, which is that of the process that wrote them, and clocks may
 * differ by so much without anybody noticing it in the order of events.
 */
export const CLOCKS_APART_MS_MAX = 1_000;

/** Relayed events are kept for a week, for those who want to look back. */
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
