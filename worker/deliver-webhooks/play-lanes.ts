import { isSuspect } from '../../shared/domain/webhooks/endpoint-health.ts';
import type { DeliveryRecord } from '../../shared/store/collections/webhook-deliveries.ts';
import { attemptDelivery } from './attempt.ts';
import type { DeliveryContext } from './delivery-context.ts';
import type { Turn } from './turn.ts';

/** Requests under way to one endpoint. */
export const LANES_MAX = 8;
const DUE_MAX = 100;
const MANUAL_MAX = 20;

type Due = Pick<DeliveryRecord, '_id' | 'subjectId'>;

/**
 * Delivers a portion of what is due to the turn's endpoint: first what somebody has asked for
 * again, then subject by subject, several at a time. An endpoint that has been failing is tried
 * with one delivery.
 * @returns false when nothing is due
 */
export async function playLanes(context: DeliveryContext, turn: Turn): Promise<boolean> {
  const manual = await readManual(context, turn);
  const due = await readDue(context, turn);
  const bySubject = new Map<string, number>();
  for (const { subjectId } of due) bySubject.set(subjectId, (bySubject.get(subjectId) ?? 0) + 1);
  const lanes = [
    ...manual.map((delivery) => () => attemptDelivery(context, turn, delivery, true)),
    ...Array.from(bySubject, ([subjectId, count]) => {
      return () => playSubject(context, turn, subjectId, count);
    }),
  ];
  if (isSuspect(turn.health, context.times.health)) await lanes[0]?.();
  else await runLanes(lanes, turn);
  return lanes.length > 0;
}

function readManual({ store }: DeliveryContext, { webhook }: Turn): Promise<DeliveryRecord[]> {
  return store.webhookDeliveries.collection
    .find<DeliveryRecord>({ webhookId: webhook._id, redeliverAt: { $exists: true } })
    .sort({ redeliverAt: 1 })
    .limit(MANUAL_MAX)
    .toArray();
}

function readDue({ store, clock }: DeliveryContext, { webhook }: Turn): Promise<Due[]> {
  const now = clock.now();
  return store.webhookDeliveries.collection
    .find<Due>(
      { status: 'pending', webhookId: webhook._id, nextAttemptAt: { $lte: now } },
      { projection: { subjectId: 1 } },
    )
    .sort({ nextAttemptAt: 1 })
    .limit(DUE_MAX)
    .toArray();
}

async function runLanes(lanes: readonly (() => Promise<unknown>)[], turn: Turn): Promise<void> {
  let next = 0;
  const runner = async () => {
    for (let lane = lanes[next]; lane !== undefined && !turn.isOver; lane = lanes[next]) {
      next += 1;
      await lane();
    }
  };
  await Promise.all(Array.from({ length: LANES_MAX }, runner));
}

/**
 * Delivers the first events of one subject that are pending, one after the other: a later one is
 * sent when the earlier one is on record as delivered or given up, and not before.
 */
async function playSubject(
  context: DeliveryContext,
  turn: Turn,
  subjectId: string,
  count: number,
): Promise<void> {
  for (let played = 0; played < count && !turn.isOver; played += 1) {
    const first = await firstPending(context, turn, subjectId);
    if (first === null) return;
    const { nextAttemptAt } = first;
    if (nextAttemptAt !== undefined && nextAttemptAt > context.clock.now()) {
      return holdBack(context, first, nextAttemptAt);
    }
    if (!(await attemptDelivery(context, turn, first, false))) return;
  }
}

function firstPending({ store }: DeliveryContext, { webhook }: Turn, subjectId: string) {
  return store.webhookDeliveries.collection.findOne<DeliveryRecord>(
    { webhookId: webhook._id, subjectId, status: 'pending' },
    { sort: { seq: 1, _id: 1 } },
  );
}

/** Those behind it are not looked at again before it is. */
async function holdBack(
  { store }: DeliveryContext,
  { webhookId, subjectId }: DeliveryRecord,
  until: Date,
): Promise<void> {
  await store.webhookDeliveries.collection.updateMany(
    { webhookId, subjectId, status: 'pending', nextAttemptAt: { $lt: until } },
    { $set: { nextAttemptAt: until } },
  );
}
