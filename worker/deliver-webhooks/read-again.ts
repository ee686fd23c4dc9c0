import type { WebhookRecord } from '../../shared/store/collections/webhooks.ts';
import type { DeliveryContext } from './delivery-context.ts';
import type { Turn } from './turn.ts';

/** No attempt is begun on a webhook that was read longer ago: so soon what a shop changes holds. */
const AGE_MS_MAX = 100;

/** Reads the turn's webhook again unless that has just been done; lanes share one reading. */
export async function readIfOld(context: DeliveryContext, turn: Turn): Promise<void> {
  if (turn.reading === undefined && context.clock.now().getTime() - turn.readAt <= AGE_MS_MAX) {
    return;
  }
  turn.reading ??= readAgain(context, turn).finally(() => {
    turn.reading = undefined;
  });
  await turn.reading;
}

/**
 * Reads the turn's webhook again. The turn is over when it is switched off, lost when it is
 * another's or deleted; when it has begun afresh, what the turn has learnt of it is forgotten.
 */
export async function readAgain({ store, clock }: DeliveryContext, turn: Turn): Promise<void> {
  const readAt = clock.now().getTime();
  const { _id, leasedBy } = turn.webhook;
  const filter = { _id: _id as never, leasedBy };
  const webhook = await store.webhooks.collection.findOne<WebhookRecord>(filter);
  turn.readAt = readAt;
  if (webhook === null) turn.isLost = true;
  if (webhook?.isEnabled !== true) turn.isOver = true;
  if (webhook === null) return;
  if (!isSameRun(turn.webhook, webhook)) {
    turn.health = { failures: webhook.failures, failingSince: webhook.failingSince };
    turn.pauseMs = 0;
  }
  turn.webhook = webhook;
}

/** Whether what was learnt of a webhook as it was then still says something about it. */
export function isSameRun(before: WebhookRecord, now: WebhookRecord): boolean {
  return before.restartedAt?.getTime() === now.restartedAt?.getTime();
}
