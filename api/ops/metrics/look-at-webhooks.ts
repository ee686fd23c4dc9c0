import type { Gauge } from 'prom-client';
import { withDeadline } from '../../../shared/runtime/deadline.ts';
import { NOT_FANNED_OUT, type OutboxRecord } from '../../../shared/store/collections/outbox.ts';
import type { Store } from '../../../shared/store/store.ts';
import type { WebhookGauges } from './webhook-gauges.ts';

const LOOK_TIMEOUT_MS = 500;
const COUNTED_MAX = 10_000;
/** Webhooks whose oldest delivery is looked for, those whose turn is next. */
const DUE_ENDPOINTS_MAX = 200;

/** Reads how webhooks stand. Each question is answered from an index, and in its time or not. */
export async function lookAtWebhooks(
  gauges: WebhookGauges,
  store: Store,
  now: Date,
): Promise<void> {
  const { outbox, webhooks, webhookDeliveries: deliveries } = store;
  const bounds = { limit: COUNTED_MAX, maxTimeMS: LOOK_TIMEOUT_MS };
  await Promise.all([
    ask(gauges.outboxWaiting, {}, () =>
      outbox.countDocuments(NOT_FANNED_OUT, {
        ...bounds,
        hint: 'awaiting_fan_out_by_age',
      }),
    ),
    ask(gauges.outboxOldest, {}, () => oldestEntryS(store, now)),
    ask(gauges.pending, {}, () =>
      deliveries.countDocuments({ status: 'pending' }, { ...bounds, hint: 'due_deliveries' }),
    ),
    ask(gauges.oldestDue, {}, () => oldestDueS(store, now)),
    ask(gauges.endpoints, { state: 'paused' }, () =>
      webhooks.countDocuments(
        { pausedUntil: { $gt: now }, isEnabled: true },
        { ...bounds, hint: 'paused_webhooks' },
      ),
    ),
    ask(gauges.endpoints, { state: 'disabled' }, () =>
      webhooks.countDocuments(
        { disabledReason: { $exists: true }, isEnabled: false },
        { ...bounds, hint: 'disabled_webhooks' },
      ),
    ),
  ]);
}

/** The last figure would look like a present one, so without an answer there is none. */
async function ask<Label extends string>(
  gauge: Gauge<Label>,
  labels: Partial<Record<Label, string>>,
  question: () => Promise<number>,
): Promise<void> {
  try {
    gauge.set(labels, await withDeadline('looking at webhooks', LOOK_TIMEOUT_MS, question()));
  } catch {
    gauge.remove(labels);
  }
}

async function oldestEntryS({ outbox }: Store, now: Date): Promise<number> {
  const [oldest] = await outbox
    .find<Pick<OutboxRecord, 'at'>>(NOT_FANNED_OUT, {
      projection: { at: 1 },
      sort: { at: 1 },
      limit: 1,
      maxTimeMS: LOOK_TIMEOUT_MS,
    })
    .toArray();
  return secondsSince(oldest?.at, now);
}

/**
 * There is no index of all deliveries by when they are due, since each delivery would pay for it.
 * The first of a webhook's is found by one that there is.
 */
async function oldestDueS({ webhooks, webhookDeliveries }: Store, now: Date): Promise<number> {
  const first = [
    { $match: { status: 'pending', nextAttemptAt: { $lte: now } } },
    { $sort: { nextAttemptAt: 1 } },
    { $limit: 1 },
    { $project: { _id: 0, at: '$nextAttemptAt' } },
  ];
  const [oldest] = await webhooks
    .aggregate<{ readonly at: Date | null }>(
      [
        {
          $match: { isEnabled: true, dueAt: { $lte: now }, pausedUntil: { $not: { $gt: now } } },
        },
        { $sort: { dueAt: 1 } },
        { $limit: DUE_ENDPOINTS_MAX },
        {
          $lookup: {
            from: webhookDeliveries.collectionName,
            localField: '_id',
            foreignField: 'webhookId',
            pipeline: first,
            as: 'first',
          },
        },
        { $group: { _id: null, at: { $min: { $first: '$first.at' } } } },
      ],
      { maxTimeMS: LOOK_TIMEOUT_MS },
    )
    .toArray();
  return secondsSince(oldest?.at ?? undefined, now);
}

/** Clocks differ: what has just happened elsewhere may be of the future here. */
function secondsSince(at: Date | undefined, now: Date): number {
  return at === undefined ? 0 : Math.max(0, (now.getTime() - at.getTime()) / 1_000);
}
