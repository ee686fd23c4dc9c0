import { Schema } from 'mongoose';
import type { EventType, TEST_EVENT_TYPE } from '../../contract/events.ts';
import { ifPresent } from './if-present.ts';

/** `pending` until an attempt succeeds (`delivered`) or the last attempt fails (`failed`). */
export type DeliveryStatus = 'pending' | 'delivered' | 'failed';

/** Why an attempt failed; `status`: the endpoint answered, but not with 2xx. */
export type AttemptError =
  | 'status'
  | 'timeout'
  | 'connection'
  | 'tls'
  | 'unknown_host'
  | 'forbidden_target';

/** One attempt to send a delivery. */
export interface DeliveryAttempt {
  readonly at: Date;
  readonly durationMs: number;
  /** HTTP status of the answer, if there was one. */
  readonly status?: number;
  readonly error?: AttemptError;
  /** The beginning of the response body. */
  readonly response?: string;
  /** Whether the attempt was requested rather than scheduled. */
  readonly isManual: boolean;
}

/** The delivery of one event to one webhook. */
export interface DeliveryRecord {
  readonly _id: string;
  readonly webhookId: string;
  readonly shopId: string;
  /** The event's id as in the header `webhook-id`. */
  readonly eventId: string;
  readonly type: EventType | typeof TEST_EVENT_TYPE;
  readonly subjectId: string;
  readonly seq: number;
  /** The body, identical at every attempt. */
  readonly payload: string;
  /**
   * Whether the payload contains personal data, or a reason that a buyer wrote. Erasing the data of
   * a buyer finds deliveries by this field.
   */
  readonly isPersonal?: true;
  readonly status: DeliveryStatus;
  /** Number of scheduled attempts that have failed. */
  readonly failures: number;
  /** The latest attempts, oldest first. */
  readonly attempts: readonly DeliveryAttempt[];
  readonly attemptCount: number;
  /** When the next attempt is due, while pending. */
  readonly nextAttemptAt?: Date;
  /**
   * When another attempt was last requested. Removed once an attempt that began later was made.
   */
  readonly redeliverAt?: Date;
  readonly createdAt: Date;
  readonly deliveredAt?: Date;
  /** The trace context in which it was made, if its checkout is traced. */
  readonly traceparent?: string;
}

/** Deliveries are kept as long as events. */
export const DELIVERIES_KEPT_S = 7 * 24 * 60 * 60;

/** Attempts kept per delivery. */
export const ATTEMPTS_KEPT_MAX = 20;

export const webhookDeliverySchema = new Schema(
  {
    _id: { type: String, required: true },
    webhookId: { type: String, required: true },
    shopId: { type: String, required: true },
    eventId: { type: String, required: true },
    type: { type: String, required: true },
    subjectId: { type: String, required: true },
    seq: { type: Number, required: true },
    payload: { type: String, required: true },
    isPersonal: Boolean,
    status: { type: String, required: true },
    failures: { type: Number, required: true },
    attempts: { type: [Schema.Types.Mixed], required: true },
    attemptCount: { type: Number, required: true },
    nextAttemptAt: Date,
    redeliverAt: Date,
    createdAt: { type: Date, required: true },
    deliveredAt: Date,
    traceparent: String,
  },
  { collection: 'webhook_deliveries', versionKey: false },
);

const pending = { status: 'pending' };

webhookDeliverySchema.index({ webhookId: 1, _id: -1 }, { name: 'deliveries_of_webhook' });
webhookDeliverySchema.index(
  { webhookId: 1, status: 1, _id: -1 },
  { name: 'deliveries_of_webhook_by_status' },
);
webhookDeliverySchema.index(
  { status: 1, webhookId: 1, nextAttemptAt: 1 },
  { name: 'due_deliveries', partialFilterExpression: pending },
);
webhookDeliverySchema.index(
  { webhookId: 1, subjectId: 1, seq: 1, _id: 1 },
  { name: 'next_of_subject', partialFilterExpression: pending },
);
webhookDeliverySchema.index(
  { webhookId: 1, redeliverAt: 1 },
  { name: 'asked_for_again', ...ifPresent('redeliverAt') },
);
// For erasing the data of a buyer. Contains only deliveries with personal data.
webhookDeliverySchema.index(
  { subjectId: 1 },
  { name: 'personal_by_subject', partialFilterExpression: { isPersonal: true } },
);
webhookDeliverySchema.index(
  { createdAt: 1 },
  { name: 'deliveries_expire', expireAfterSeconds: DELIVERIES_KEPT_S },
);
