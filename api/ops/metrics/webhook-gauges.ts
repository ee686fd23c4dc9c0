import { Gauge, type Registry } from 'prom-client';
import { withDeadline } from '../../../shared/runtime/deadline.ts';
import { NOT_FANNED_OUT, type OutboxRecord } from '../../../shared/store/collections/outbox.ts';
import { RUN_EXPIRES_MS } from '../../../shared/store/collections/webhooks.ts';
import type { Store } from '../../../shared/store/store.ts';

const QUERY_TIMEOUT_MS = 500;
const COUNTED_MAX = 10_000;
/** How many webhooks are searched for the oldest due delivery, in the order of `dueAt`. */
const DUE_ENDPOINTS_MAX = 200;

/** Gauges of webhooks, read from MongoDB for each scrape. */
export interface WebhookGauges {
  readonly outboxWaiting: Gauge;
  readonly outboxOldest: Gauge;
  readonly pending: Gauge;
  readonly oldestDue: Gauge;
  readonly endpoints: Gauge<'state'>;
}

export function createWebhookGauges(registry: Registry): WebhookGauges {
  const registers = [registry];
  const gauge = (name: string, help: string) =>
    new Gauge({ name, help: `${help} Absent while MongoDB does not answer.`, registers });
  return {
    outboxWaiting: gauge(
      'lastunit_outbox_entries_waiting',
      'Transactions whose deliveries to webhooks are not stored yet, counted up to 10,000.',
    ),
    outboxOldest: gauge(
      'lastunit_outbox_oldest_seconds',
      'Age of the oldest transaction whose deliveries to webhooks are not stored; 0 without any.',
    ),
    pending: gauge(
      'lastunit_webhook_deliveries_pending',
      'Deliveries to webhooks that are pending, counted up to 10,000.',
    ),
    oldestDue: gauge(
      'lastunit_webhook_oldest_due_seconds',
      'Time since the oldest due delivery became due, without deliveries to paused or disabled ' +
        'webhooks; 0 without any.',
    ),
    endpoints: new Gauge({
      name: 'lastunit_webhook_endpoints',
      help:
        'Webhooks that get no deliveries: paused for a while after failures, or disabled by the ' +
        'system. Absent while MongoDB does not answer.',
      labelNames: ['state'],
      registers,
    }),
  };
}

/** Updates the gauges. Each query uses an index and has its own deadline. */
export async function updateWebhookGauges(
  gauges: WebhookGauges,
  store: Store,
  now: Date,
): Promise<void> {
  const { outbox, webhooks, webhookDeliveries: deliveries } = store;
  const bounds = { limit: COUNTED_MAX, maxTimeMS: QUERY_TIMEOUT_MS };
  await Promise.all([
    update(gauges.outboxWaiting, {}, () =>
      outbox.countDocuments(NOT_FANNED_OUT, {
        ...bounds,
        hint: 'awaiting_fan_out_by_age',
      }),
    ),
    update(gauges.outboxOldest, {}, () => oldestEntryS(store, now)),
    update(gauges.pending, {}, () =>
      deliveries.countDocuments({ status: 'pending' }, { ...bounds, hint: 'due_deliveries' }),
    ),
    update(gauges.oldestDue, {}, () => oldestDueS(store, now)),
    update(gauges.endpoints, { state: 'paused' }, () =>
      webhooks.countDocuments(
        { pausedUntil: { $gt: now }, isEnabled: true },
        { ...bounds, hint: 'paused_webhooks' },
      ),
    ),
    update(gauges.endpoints, { state: 'disabled' }, () =>
      webhooks.countDocuments(
        { disabledReason: { $exists: true }, isEnabled: false },
        { ...bounds, hint: 'disabled_webhooks' },
      ),
    ),
  ]);
}

/** Sets a gauge, or removes it if the query fails: an old value would look like a current one. */
async function update<Label extends string>(
  gauge: Gauge<Label>,
  labels: Partial<Record<Label, string>>,
  query: () => Promise<number>,
): Promise<void> {
  try {
    gauge.set(labels, await withDeadline('a query of webhooks', QUERY_TIMEOUT_MS, query()));
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
      maxTimeMS: QUERY_TIMEOUT_MS,
    })
    .toArray();
  return secondsSince(oldest?.at, now);
}

/**
 * Returns how long ago the oldest due delivery became due, from the first delivery of each of the
 * first `DUE_ENDPOINTS_MAX` webhooks that are due or being served. There is no index of all
 * deliveries by due time, because every write of a delivery would have to update it.
 */
async function oldestDueS({ webhooks, webhookDeliveries }: Store, now: Date): Promise<number> {
  // A run has moved the `dueAt` of its webhook ahead, but perhaps not reached the oldest delivery.
  const heldUntilMax = new Date(now.getTime() + RUN_EXPIRES_MS);
  const firstDelivery = [
    { $match: { status: 'pending', nextAttemptAt: { $lte: now } } },
    { $sort: { nextAttemptAt: 1 } },
    { $limit: 1 },
    { $project: { _id: 0, at: '$nextAttemptAt' } },
  ];
  const [oldest] = await webhooks
    .aggregate<{ readonly at: Date | null }>(
      [
        {
          $match: {
            isEnabled: true,
            dueAt: { $lte: heldUntilMax },
            pausedUntil: { $not: { $gt: now } },
          },
        },
        { $sort: { dueAt: 1 } },
        { $limit: DUE_ENDPOINTS_MAX },
        {
          $lookup: {
            from: webhookDeliveries.collectionName,
            localField: '_id',
            foreignField: 'webhookId',
            pipeline: firstDelivery,
            as: 'first',
          },
        },
        { $group: { _id: null, at: { $min: { $first: '$first.at' } } } },
      ],
      { maxTimeMS: QUERY_TIMEOUT_MS },
    )
    .toArray();
  return secondsSince(oldest?.at ?? undefined, now);
}

/** Returns 0 without a time, and for a future time: another machine's clock may be ahead. */
function secondsSince(at: Date | undefined, now: Date): number {
  return at === undefined ? 0 : Math.max(0, (now.getTime() - at.getTime()) / 1_000);
}
