import type { CheckoutRecord } from '../../../shared/store/collections/checkouts.ts';
import type { OutboxRecord } from '../../../shared/store/collections/outbox.ts';
import type { DeliveryRecord } from '../../../shared/store/collections/webhook-deliveries.ts';
import type { CheckoutJob } from './read-jobs.ts';

/** A stage on the road of a checkout. Times of different hosts may differ a little. */
export interface Span {
  readonly stage: 'request' | 'queued' | 'settling' | 'commit' | 'event' | 'webhook';
  readonly detail: string;
  readonly from: Date;
  /** Absent while it lasts. */
  readonly to?: Date;
}

/** What the road left behind it, besides the checkout. */
export interface RoadTraces {
  readonly jobs: readonly CheckoutJob[];
  readonly event?: Pick<OutboxRecord, '_id' | 'at' | 'relayedAt'>;
  readonly deliveries: readonly Pick<
    DeliveryRecord,
    'webhookId' | 'status' | 'attemptCount' | 'createdAt' | 'deliveredAt'
  >[];
}

type Road = Pick<CheckoutRecord, 'receivedAt' | 'acceptedAt' | 'pickedUpAt' | 'settledAt'>;

/** Returns the stages of a checkout: request, queue, settling, commit, event and webhooks. */
export function toWaterfall(checkout: Road, { jobs, event, deliveries }: RoadTraces): Span[] {
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
  if (pickedUpAt !== undefined) {
    spans.push(span('settling', 'waiting for locks, reading and deciding', pickedUpAt, settledAt));
  }
  if (event !== undefined) {
    const { at, relayedAt } = event;
    const begin = settledAt ?? at;
    const committedBy = relayedAt ?? deliveries[0]?.createdAt;
    spans.push(span('commit', 'until the commit was published', begin, committedBy));
    spans.push(span('event', event._id, at, relayedAt));
  }
  for (const { webhookId, status, attemptCount, createdAt, deliveredAt } of deliveries) {
    const detail = `${webhookId}: ${status}, ${attemptCount} attempts`;
    spans.push(span('webhook', detail, createdAt, deliveredAt));
  }
  return spans;
}

function span(stage: Span['stage'], detail: string, from: Date, to: Date | undefined): Span {
  return { stage, detail, from, ...(to !== undefined && { to }) };
}
