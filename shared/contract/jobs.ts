import { z } from 'zod';

// The job catalogue: every job's name, data and timing.

/**
 * The job that settles checkouts. It is a hint: the checkouts that it names are in MongoDB, so a
 * job that is lost, duplicated or late changes no outcome.
 */
export const SETTLE_CHECKOUTS = {
  queue: 'checkouts',
  name: 'settle-checkouts',
  /** The number of attempts of one job, after which the recovery sweep adds another job. */
  attempts: 3,
  backoffMs: 500,
  /** The maximum number of checkouts in a job. */
  checkoutsMax: 64,
  keepCompletedMax: 1_000,
  keepFailedMax: 5_000,
} as const;

/**
 * For this many minutes, the queues keep how many jobs finished in each minute, for the charts of
 * the board. All workers need the same value.
 */
export const FINISHED_MINUTES_KEPT = 24 * 60;

const checkoutToSettle = z.strictObject({
  checkoutId: z.string(),
  /** The product of the checkout's first line. Workers serve products round-robin. */
  productId: z.string(),
  /** The number of lines of the checkout, which is its weight in a batch. */
  lines: z.int().min(1),
  /** The trace context (W3C) of the request that made the checkout, if the request is traced. */
  traceparent: z.string().optional(),
});
export type CheckoutToSettle = z.infer<typeof checkoutToSettle>;

export const settleCheckoutsData = z.strictObject({
  checkouts: z.array(checkoutToSettle).min(1).max(SETTLE_CHECKOUTS.checkoutsMax),
  /** Whether the recovery sweep added the job, because an earlier job was lost or failed. */
  isRecovery: z.boolean().optional(),
});
export type SettleCheckoutsData = z.infer<typeof settleCheckoutsData>;

/** A job as it is added to the queue. */
export interface SettleCheckoutsJob {
  readonly id: string;
  readonly data: SettleCheckoutsData;
}

/** The outcome of one checkout of a job, for operators. */
export interface CheckoutResult {
  readonly checkoutId: string;
  readonly status: string;
  readonly orders?: readonly string[];
  readonly rejection?: string;
  /** Why the checkout was parked as failed. */
  readonly reason?: string;
  /** The number of checkouts in its batch. */
  readonly batch?: number;
  /** Milliseconds from its acceptance to the commit. */
  readonly ms?: number;
  /** Milliseconds from the start of its batch until the batch had its locks. */
  readonly lockMs?: number;
  /** Milliseconds from the decision to the commit. */
  readonly commitMs?: number;
}

/** The result of a settled job for operators, in the order of its data. */
export interface SettleCheckoutsResult {
  readonly checkouts: readonly CheckoutResult[];
}

/**
 * Returns the id of a job that settles checkouts. BullMQ accepts no colon in it, and no id that is
 * all digits.
 * @param firstCheckoutId the first checkout of the job
 * @param recoveries 0 for the job that acceptance added, n for the n-th that the recovery sweep
 *   added
 */
export function settleJobId(firstCheckoutId: string, recoveries: number): string {
  return `${firstCheckoutId}.${recoveries}`;
}

/**
 * The job that sends the due deliveries of a webhook. A webhook with something to send has one job
 * that waits or is delayed, next to a job in progress.
 */
export const DELIVER_WEBHOOKS = {
  queue: 'webhooks',
  name: 'deliver-webhooks',
  keepCompletedMax: 1_000,
  keepFailedMax: 1_000,
} as const;

export const deliverWebhooksData = z.strictObject({ webhookId: z.string() });
export type DeliverWebhooksData = z.infer<typeof deliverWebhooksData>;

/** The result of a job that delivers webhooks, for operators. */
export interface DeliverWebhooksResult {
  /**
   * `idle`: no delivery waits. `waiting`: the next delivery is due at `nextAt`. `paused`,
   * `disabled`: see the webhook. `missing`: the webhook does not exist.
   */
  readonly state: 'idle' | 'waiting' | 'paused' | 'disabled' | 'missing';
  /** The host of the endpoint. */
  readonly host?: string;
  readonly delivered: number;
  readonly failed: number;
  /** When the next job of this webhook runs. */
  readonly nextAt?: string;
}
