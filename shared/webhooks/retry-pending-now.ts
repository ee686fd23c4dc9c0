import type { Store } from '../store/store.ts';

const UPDATE_TIMEOUT_MS = 4_000;

/** Makes all pending deliveries of the webhook due now. */
export async function retryPendingNow(store: Store, webhookId: string, now: Date): Promise<void> {
  await store.webhookDeliveries.updateMany(
    { webhookId, status: 'pending', nextAttemptAt: { $gt: now } },
    { $set: { nextAttemptAt: now } },
    { maxTimeMS: UPDATE_TIMEOUT_MS },
  );
}
