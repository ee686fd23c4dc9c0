import type { Store } from '../store/store.ts';

const HURRY_TIMEOUT_MS = 4_000;

/** Makes everything that waits for its next attempt to this webhook due now. */
export async function hurryPending(store: Store, webhookId: string, now: Date): Promise<void> {
  await store.webhookDeliveries.collection.updateMany(
    { webhookId, status: 'pending', nextAttemptAt: { $gt: now } },
    { $set: { nextAttemptAt: now } },
    { maxTimeMS: HURRY_TIMEOUT_MS },
  );
}
