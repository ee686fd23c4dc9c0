import type { DeliveryRecord } from '../../shared/store/collections/webhook-deliveries.ts';
import { attemptDelivery } from './attempt.ts';
import type { DeliveryContext } from './delivery-context.ts';
import type { Turn } from './turn.ts';

/** Events of one subject that are sent before others have their turn. */
export const SUBJECT_EVENTS_MAX = 10;

/**
 * Delivers the first events of one subject that are pending, one after the other: a later one is
 * sent when the earlier one is on record as delivered or given up, and not before.
 * @param hasMore whether more of it is known to wait
 * @returns whether it stopped only to let others have their turn
 */
export async function playSubject(
  context: DeliveryContext,
  turn: Turn,
  subjectId: string,
  hasMore: () => boolean,
): Promise<boolean> {
  for (let played = 0; played < SUBJECT_EVENTS_MAX; played += 1) {
    if (turn.isOver) return false;
    const first = await firstPending(context, turn, subjectId);
    if (first === null) return false;
    const { nextAttemptAt } = first;
    if (nextAttemptAt !== undefined && nextAttemptAt > context.clock.now()) {
      await holdBack(context, first, nextAttemptAt);
      return false;
    }
    if (!(await attemptDelivery(context, turn, first, false))) return false;
    if (!hasMore()) return false;
  }
  return true;
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
