import { z } from 'zod';

/**
 * The job catalogue: name, data and timing of every job. A job is only a notification: MongoDB
 * holds the data, so a job that is lost, doubled or late changes no outcome.
 */
export const SETTLE_CHECKOUT = {
  queue: 'checkouts',
  name: 'settle-checkout',
  /** Attempts of one job; after these the recovery sweep has to add another job. */
  attempts: 3,
  backoffMs: 500,
  keepCompletedMax: 1_000,
  keepFailedMax: 5_000,
} as const;

export const settleCheckoutData = z.strictObject({
  checkoutId: z.string(),
  /** 0 for the job added at acceptance, n for the n-th job added by the recovery sweep. */
  wakeup: z.int().min(0),
  /** Number of lines of the checkout, which is its weight in a batch. */
  lines: z.int().min(1),
});
export type SettleCheckoutData = z.infer<typeof settleCheckoutData>;

/** The result of a settled job, for operators; `ms` is the time from acceptance to commit. */
export interface SettleCheckoutResult {
  readonly status: string;
  readonly orders?: readonly string[];
  readonly rejection?: string;
  readonly reason?: string;
  readonly batch: number;
  readonly ms: number;
}

/** Returns a job's id. BullMQ allows no colon and not only digits in it. */
export function settleJobId(checkoutId: string, wakeup: number): string {
  return `${checkoutId}.${wakeup}`;
}

/** A webhook with something to send has one live job. */
export const DELIVER_WEBHOOKS = {
  queue: 'webhooks',
  name: 'deliver-webhooks',
  keepCompletedMax: 1_000,
  keepFailedMax: 1_000,
} as const;

export const deliverWebhooksData = z.strictObject({ webhookId: z.string() });
export type DeliverWebhooksData = z.infer<typeof deliverWebhooksData>;

/** The result of a run, for operators. */
export interface DeliverWebhooksResult {
  /** `idle`: nothing waits. `waiting`: more is due at `nextAt`. `paused`, `disabled`: see the webhook. */
  readonly state: 'idle' | 'waiting' | 'paused' | 'disabled' | 'missing';
  /** Host of the endpoint. */
  readonly host?: string;
  readonly delivered: number;
  readonly failed: number;
  /** When the next job of this webhook runs. */
  readonly nextAt?: string;
}
