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
  'waiting',
  'draw',
  'commit',
  'event',
  'webhook',
] as const;

/** A stage of a checkout. Times of different hosts may differ a little. */
export interface Span {
  readonly stage: (typeof STAGES)[number];
  readonly detail: string;
  readonly from: Date;
  /** Absent while the stage lasts, or if its end is unknown. */
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

type CheckoutTimes = Pick<
  CheckoutRecord,
  | 'status'
  | 'drawId'
  | 'jobId'
  | 'receivedAt'
  | 'acceptedAt'
  | 'pickedUpAt'
  | 'waitingSince'
  | 'settledAt'
>;

/**
 * Returns the stages of a checkout: request, queue, locks, settling, commit, event and webhooks. A
 * checkout that waited for units has the wait after the settling. An entry of a draw has the draw
 * instead of the queue. The wait for locks and the time of the commit come from the job, while the
 * queue has it. Without the job, `settling` includes the wait for locks, and `commit` lasts until
 * the event was published.
 */
export function toWaterfall(
  checkout: CheckoutTimes,
  { jobs, event, deliveries }: CheckoutTraces,
): Span[] {
  const { receivedAt, acceptedAt, drawId, settledAt } = checkout;
  const spans: Span[] = [
    span('request', 'from the request to the stored checkout', receivedAt, acceptedAt),
  ];
  const waitingSince = toWaitingSince(checkout);
  // After a wait for units, the jobs have the times of the batch in which the wait began, not of
  // the batch that settled the checkout.
  const measured = jobs.findLast(({ commitMs }) => commitMs !== undefined);
  if (drawId === undefined) {
    spans.push(...toQueueing(checkout, jobs), ...toSettling(checkout, waitingSince, measured));
  } else {
    spans.push(span('draw', `until ${drawId} decided on its entry`, acceptedAt, settledAt));
  }
  if (waitingSince !== undefined) {
    spans.push(span('waiting', 'until it got units or its wait ended', waitingSince, settledAt));
  }
  const committedAt = waitingSince === undefined ? after(settledAt, measured?.commitMs) : undefined;
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

/**
 * Returns when the checkout began to wait for units; undefined if it has not waited since it was
 * last queued.
 */
function toWaitingSince({ status, pickedUpAt, waitingSince }: CheckoutTimes): Date | undefined {
  if (status === 'queued' || pickedUpAt === undefined || waitingSince === undefined)
    return undefined;
  // A replay after a wait is picked up later and may not wait again.
  return waitingSince >= pickedUpAt ? waitingSince : undefined;
}

/** Returns the stage `queued`; an early rejection has none. */
function toQueueing(
  { status, jobId, acceptedAt, pickedUpAt, settledAt }: CheckoutTimes,
  jobs: readonly CheckoutJob[],
): Span[] {
  const isEarly = settledAt !== undefined && pickedUpAt === undefined && jobId === undefined;
  if (isEarly) return [];
  const attempts = jobs.reduce((sum, job) => sum + job.attempts, 0);
  const detail = `until a worker picked it up; ${jobs.length} jobs known, ${attempts} attempts`;
  // A replayed checkout keeps the time at which it was picked up before.
  const until = status === 'queued' ? undefined : (pickedUpAt ?? settledAt);
  return [span('queued', detail, acceptedAt, until)];
}

/** Returns the stages `lock`, if its time is known, and `settling`. */
function toSettling(
  { status, pickedUpAt, settledAt }: CheckoutTimes,
  waitingSince: Date | undefined,
  measured: Pick<CheckoutJob, 'lockMs'> | undefined,
): Span[] {
  if (pickedUpAt === undefined || status === 'queued') return [];
  const decidedAt = waitingSince ?? settledAt;
  const measuredAt = after(pickedUpAt, measured?.lockMs);
  if (measuredAt === undefined || decidedAt === undefined) {
    return [span('settling', 'waiting for locks, reading and deciding', pickedUpAt, decidedAt)];
  }
  // The measured time is rounded to a whole millisecond.
  const isTooLate = measuredAt > decidedAt;
  const lockedAt = isTooLate ? decidedAt : measuredAt;
  return [
    span('lock', 'reading its batch and waiting for the locks', pickedUpAt, lockedAt),
    span('settling', 'reading the stock and deciding', lockedAt, decidedAt),
  ];
}

function after(at: Date | undefined, ms: number | undefined): Date | undefined {
  return at === undefined || ms === undefined ? undefined : new Date(at.getTime() + ms);
}

function span(stage: Span['stage'], detail: string, from: Date, to: Date | undefined): Span {
  return { stage, detail, from, ...(to !== undefined && { to }) };
}
