import { z } from 'zod';

/**
 * The job catalogue: every job's name, data and timing. A job is only a wake-up call; what it is
 * about stands in MongoDB, so a job that is lost, doubled or late harms nobody.
 */
export const SETTLE_CHECKOUT = {
  queue: 'checkouts',
  name: 'settle-checkout',
  /** Tries of one job before the recovery sweep has to add another. */
  attempts: 3,
  backoffMs: 500,
  keepCompletedMax: 1_000,
  keepFailedMax: 5_000,
} as const;

export const settleCheckoutData = z.strictObject({
  checkoutId: z.string(),
  /** 0 for the job added at acceptance, n for the n-th added by the recovery sweep. */
  wakeup: z.int().min(0),
  /** Lines of the checkout: its weight in a batch. */
  lines: z.int().min(1),
});
export type SettleCheckoutData = z.infer<typeof settleCheckoutData>;

/** What a settled job tells an operator; `ms` counts from acceptance to commit. */
export interface SettleCheckoutResult {
  readonly status: string;
  readonly orders?: readonly string[];
  readonly rejection?: string;
  readonly reason?: string;
  readonly batch: number;
  readonly ms: number;
}

/** Custom job ids may hold no colon and must not be all digits. */
export function settleJobId(checkoutId: string, wakeup: number): string {
  return `${checkoutId}.${wakeup}`;
}

/** One live job for each webhook that has something to send. */
export const DELIVER_WEBHOOKS = {
  queue: 'webhooks',
  name: 'deliver-webhooks',
  keepCompletedMax: 1_000,
  keepFailedMax: 1_000,
} as const;

export const deliverWebhooksData = z.strictObject({ webhookId: z.string() });
export type DeliverWebhooksData = z.infer<typeof deliverWebhooksData>;

/** What a run came to, for operators. */
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
