import type { CheckoutRecord } from '../../../shared/store/collections/checkouts.ts';
import type { OutboxRecord } from '../../../shared/store/collections/outbox.ts';
import type { DeliveryRecord } from '../../../shared/store/collections/webhook-deliveries.ts';
import type { CheckoutJob } from './read-jobs.ts';

/** The stages of a checkout, in their order. */
export const STAGES = [
  'request',
  'queued',
  'lock',
  'settling',
  'commit',
  'event',
  'webhook',
] as const;

/** A stage of a checkout. Times of different hosts may differ a little. */
export interface Span {
  readonly stage: (typeof STAGES)[number];
  readonly detail: string;
  readonly from: Date;
  /** Absent while it lasts. */
  readonly to?: Date;
}

/** The records of a checkout's stages, apart from the checkout itself. */
export interface CheckoutTraces {
  readonly jobs: readonly CheckoutJob[];
  readonly event?: Pick<OutboxRecord, '_id' | 'at' | 'relayedAt'>;
  readonly deliveries: readonly Pick<
    DeliveryRecord,
    'webhookId' | 'status' | 'attemptCount' | 'createdAt' | 'deliveredAt'
  >[];
}

type CheckoutTimes = Pick<CheckoutRecord, 'receivedAt' | 'acceptedAt' | 'pickedUpAt' | 'settledAt'>;

/**
 * Returns the stages of a checkout: request, queue, locks, settling, commit, event and webhooks.
 * The wait for locks and the time of the commit are known as long as the queue has the job; without
 * the job, `settling` includes the wait, and the next stage shows the commit.
 */
export function toWaterfall(
  checkout: CheckoutTimes,
  { jobs, event, deliveries }: CheckoutTraces,
): Span[] {
  const { receivedAt, acceptedAt, pickedUpAt, settledAt } = checkout;
  const isEarly = settledAt !== undefined && pickedUpAt === undefined;
  const spans: Span[] = [
    span('request', 'from the request to the stored checkout', receivedAt, acceptedAt),
  ];
  if (!isEarly) {
    const attempts = jobs.reduce((sum, job) => sum + job.attempts, 0);
    const detail = `until a worker took it; ${jobs.length} jobs known, ${attempts} attempts`;
    spans.push(span('queued', detail, acceptedAt, pickedUpAt));
  }
  const measured = jobs.findLast(({ commitMs }) => commitMs !== undefined);
  if (pickedUpAt !== undefined) spans.push(...toSettling(pickedUpAt, settledAt, measured));
  const committedAt = after(settledAt, measured?.commitMs);
  if (event !== undefined) {
    const { at, relayedAt } = event;
    const seenBy = relayedAt ?? deliveries[0]?.createdAt;
    const detail = committedAt ? 'writing and committing' : 'until the commit was published';
    spans.push(span('commit', detail, settledAt ?? at, committedAt ?? seenBy));
    spans.push(span('event', event._id, at, relayedAt));
  }
  for (const { webhookId, status, attemptCount, createdAt, deliveredAt } of deliveries) {
    const detail = `${webhookId}: ${status}, ${attemptCount} attempts`;
    spans.push(span('webhook', detail, createdAt, deliveredAt));
  }
  return spans;
}

/** Returns the wait for locks, if it is known, and the decision. */
function toSettling(
  pickedUpAt: Date,
  settledAt: Date | undefined,
  measured: Pick<CheckoutJob, 'lockMs'> | undefined,
): Span[] {
  const measuredAt = after(pickedUpAt, measured?.lockMs);
  if (measuredAt === undefined || settledAt === undefined) {
    return [span('settling', 'waiting for locks, reading and deciding', pickedUpAt, settledAt)];
  }
  // The measure is rounded to a whole millisecond.
  const lockedAt = measuredAt > settledAt ? settledAt : measuredAt;
  return [
    span('lock', 'reading its batch and waiting for the locks', pickedUpAt, lockedAt),
    span('settling', 'reading the stock and deciding', lockedAt, settledAt),
  ];
}

function after(at: Date | undefined, ms: number | undefined): Date | undefined {
  return at === undefined || ms === undefined ? undefined : new Date(at.getTime() + ms);
}

function span(stage: Span['stage'], detail: string, from: Date, to: Date | undefined): Span {
  return { stage, detail, from, ...(to !== undefined && { to }) };
}
