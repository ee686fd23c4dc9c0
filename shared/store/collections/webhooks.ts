import { Schema } from 'mongoose';
import type { EventPattern } from '../../contract/events.ts';

/** Why a webhook was switched off by the system: its endpoint said so, or failed for too long. */
export type DisabledReason = 'gone' | 'failing';

/** A secret that was in use, by its generation, and until when deliveries are signed with it too. */
export interface EarlierSecret {
  readonly generation: number;
  readonly until: Date;
}

/** An endpoint of a shop's to which events are sent. Its secret is stored nowhere. */
export interface WebhookRecord {
  readonly _id: string;
  readonly shopId: string;
  /** From 0 on; no two webhooks of a shop have the same, which bounds how many there are. */
  readonly slot: number;
  readonly url: string;
  readonly events: readonly EventPattern[];
  readonly isEnabled: boolean;
  readonly disabledReason?: DisabledReason;
  /** Counts the rotations; the secret is made of it. */
  readonly generation: number;
  /** After a rotation deliveries are signed with the secret before too, until then. */
  readonly previousUntil?: Date;
  /** All that were in use when it was rotated last, newest first: the one before and any older. */
  readonly earlierSecrets?: readonly EarlierSecret[];
  readonly createdAt: Date;
  readonly updatedAt: Date;
  /** When it began afresh, by another address or by being switched on: what was known before is void. */
  readonly restartedAt?: Date;
  /** When something is due; absent while nothing waits. The sweep adds jobs by it. */
  readonly dueAt?: Date;
  /** Attempts in a row that failed, since when, and until when it is left alone. */
  readonly failures: number;
  readonly failingSince?: Date;
  readonly pausedUntil?: Date;
}

export const webhookSchema = new Schema(
  {
    _id: { type: String, required: true },
    shopId: { type: String, required: true },
    slot: { type: Number, required: true },
    url: { type: String, required: true },
    events: { type: [String], required: true },
    isEnabled: { type: Boolean, required: true },
    disabledReason: String,
    generation: { type: Number, required: true },
    previousUntil: Date,
    earlierSecrets: { type: [Schema.Types.Mixed], default: undefined },
    createdAt: { type: Date, required: true },
    updatedAt: { type: Date, required: true },
    restartedAt: Date,
    dueAt: Date,
    failures: { type: Number, required: true },
    failingSince: Date,
    pausedUntil: Date,
  },
  { collection: 'webhooks', versionKey: false },
);

webhookSchema.index({ shopId: 1, slot: 1 }, { name: 'one_webhook_per_slot', unique: true });
webhookSchema.index({ shopId: 1, _id: -1 }, { name: 'webhooks_of_shop' });
// For operators, who count those that are not sent to.
webhookSchema.index(
  { pausedUntil: 1 },
  { name: 'paused_webhooks', partialFilterExpression: { pausedUntil: { $exists: true } } },
);
webhookSchema.index(
  { disabledReason: 1 },
  { name: 'disabled_webhooks', partialFilterExpression: { disabledReason: { $exists: true } } },
);
webhookSchema.index(
  { dueAt: 1 },
  { name: 'due_webhooks', partialFilterExpression: { isEnabled: true } },
);
