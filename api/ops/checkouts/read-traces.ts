import type { EventType } from '../../../shared/contract/events.ts';
import type { CheckoutRecord } from '../../../shared/store/collections/checkouts.ts';
import type { MovementRecord } from '../../../shared/store/collections/movements.ts';
import type { OutboxRecord } from '../../../shared/store/collections/outbox.ts';
import type { DeliveryRecord } from '../../../shared/store/collections/webhook-deliveries.ts';
import type { Store } from '../../../shared/store/store.ts';
import { toDeliveryId } from '../../../shared/webhooks/new-delivery.ts';
import { READ_TIMEOUT_MS } from '../../http/bounds.ts';
import type { SeenStock } from './explain.ts';
import type { CheckoutTraces } from './waterfall.ts';

/** The event of an outcome is written within this time of `settledAt`. */
const EVENT_DELAY_MS_MAX = 60_000;
const DELIVERIES_MAX = 20;

/** The type of the event of each outcome. */
const OUTCOME_EVENTS: Partial<Record<CheckoutRecord['status'], EventType>> = {
  placed: 'checkout.placed',
  rejected: 'checkout.rejected',
  failed: 'checkout.failed',
};

const limits = { maxTimeMS: READ_TIMEOUT_MS };

/** Reads the event of a checkout's outcome and its webhook deliveries, while they are kept. */
export async function readTraces(
  store: Store,
  { _id, storefrontId, status, settledAt }: CheckoutRecord,
): Promise<Omit<CheckoutTraces, 'jobs'>> {
  const type = OUTCOME_EVENTS[status];
  if (settledAt === undefined || type === undefined) return { deliveries: [] };
  // The type is needed, because the `checkout.waiting` of a short wait is within the same time.
  const outcome = { subjectId: _id, type };
  const until = new Date(settledAt.getTime() + EVENT_DELAY_MS_MAX);
  const entry = await store.outbox.findOne<
    Pick<OutboxRecord, '_id' | 'at' | 'relayedAt' | 'events'>
  >(
    {
      shopIds: storefrontId,
      at: { $gte: new Date(settledAt.getTime() - EVENT_DELAY_MS_MAX), $lte: until },
      events: { $elemMatch: outcome },
    },
    {
      ...limits,
      // The latest entry, because a replayed checkout may have failed before.
      sort: { at: -1 },
      projection: { at: 1, relayedAt: 1, events: { $elemMatch: outcome } },
    },
  );
  const eventId = entry?.events[0]?.id;
  if (entry === null || eventId === undefined) return { deliveries: [] };
  const { at, relayedAt } = entry;
  const event = { _id: eventId, at, ...(relayedAt && { relayedAt }) };
  // The ids of an event's deliveries have the same prefix, so the primary index finds them.
  const idPrefix = toDeliveryId(eventId, '');
  const deliveries = await store.webhookDeliveries
    .find<DeliveryRecord>(
      { _id: { $gte: idPrefix, $lt: `${idPrefix}~` }, subjectId: _id },
      { ...limits, sort: { _id: 1 }, limit: DELIVERIES_MAX, projection: { payload: 0 } },
    )
    .toArray();
  return { event, deliveries };
}

/**
 * Reads the movements around the stock version that caused a rejection. Returns undefined unless
 * the checkout was rejected as `out_of_stock`.
 */
export async function readSeenStock(
  { movements, stock }: Store,
  { rejection }: Pick<CheckoutRecord, 'rejection'>,
): Promise<SeenStock | undefined> {
  const { variantId, version, code } = rejection ?? {};
  if (variantId === undefined || version === undefined || code !== 'out_of_stock') return undefined;
  const find = (range: object, direction: 1 | -1) =>
    movements.findOne<MovementRecord>(
      { variantId, version: range },
      { ...limits, sort: { version: direction } },
    );
  const [before, after, level] = await Promise.all([
    find({ $lte: version }, -1),
    find({ $gt: version }, 1),
    stock.findOne<{ readonly version: number }>(
      { _id: variantId },
      { ...limits, projection: { version: 1 } },
    ),
  ]);
  return {
    variantId,
    version,
    ...(before && { before }),
    ...(after && { after }),
    ...(level && { currentVersion: level.version }),
  };
}
