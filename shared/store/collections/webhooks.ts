import { Schema } from 'mongoose';
import type { EventPattern } from '../../contract/events.ts';
import { ifPresent } from './if-present.ts';

/** If a run dies, the sweep finds its endpoint this long after the run began. */
export const RUN_EXPIRES_MS = 30_000;

/** Why the system disabled a webhook: its endpoint answered 410, or failed for too long. */
export type DisabledReason = 'gone' | 'failing';

/** An earlier secret: its generation, and the time until which it signs deliveries. */
export interface EarlierSecret {
  readonly generation: number;
  readonly until: Date;
}

/** An endpoint of a shop that events are sent to. Its secret is not stored. */
export interface WebhookRecord {
  readonly _id: string;
  readonly shopId: string;
  /** Unique within a shop, from 0; bounds the number of its webhooks. */
  readonly slot: number;
  readonly url: string;
  readonly events: readonly EventPattern[];
  readonly isEnabled: boolean;
  readonly disabledReason?: DisabledReason;
  /** Number of rotations; the secret derives from it. */
  readonly generation: number;
  /** Secrets that were in use at the last rotation, newest first. Each signs until its `until`. */
  readonly earlierSecrets?: readonly EarlierSecret[];
  readonly createdAt: Date;
  readonly updatedAt: Date;
  /** When its URL last changed or it was last enabled. Results of earlier attempts are ignored. */
  readonly restartedAt?: Date;
  /**
   * When the next delivery is due; absent if none waits. While a worker sends deliveries, it is the
   * time at which another worker may take over. The sweep adds jobs by this time.
   */
  readonly dueAt?: Date;
  /** The number of consecutive failed attempts. */
  readonly failures: number;
  /** When the first of these attempts failed. */
  readonly failingSince?: Date;
  /** When the pause of its circuit breaker ends. */
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
// For the metrics of webhooks that receive no deliveries.
webhookSchema.index({ pausedUntil: 1 }, { name: 'paused_webhooks', ...ifPresent('pausedUntil') });
webhookSchema.index(
  { disabledReason: 1 },
  { name: 'disabled_webhooks', ...ifPresent('disabledReason') },
);
webhookSchema.index(
  { dueAt: 1 },
  { name: 'due_webhooks', partialFilterExpression: { isEnabled: true } },
);
