import type { DeliverWebhooksResult } from '../../shared/contract/jobs.ts';
import { RUN_EXPIRES_MS, type WebhookRecord } from '../../shared/store/collections/webhooks.ts';
import { retryPendingNow } from '../../shared/webhooks/retry-pending-now.ts';
import type { DeliveryContext, Stopping } from './delivery-context.ts';
import { EndpointRun } from './endpoint-run.ts';

/** Removes a field in the pipeline of an update. */
const REMOVE = '$$REMOVE';

/**
 * Sends the due deliveries of one webhook until none is left, the time is up, the endpoint needs a
 * pause, or the webhook is restarted or disabled. Sends nothing while the webhook is paused or
 * disabled.
 *
 *     begin ── dueAt = now + 30 s ──▶ deliver ── dueAt = next attempt, or unset ──▶ end
 *
 * `dueAt` guards the end: if anything became due meanwhile, its writer has lowered `dueAt`, the
 * conditional write at the end does not match, and the next job or sweep finds the endpoint.
 */
export async function deliverToEndpoint(
  context: DeliveryContext,
  webhookId: string,
  stopping: Stopping,
): Promise<DeliverWebhooksResult> {
  const { store, clock } = context;
  const now = clock.now();
  const heldUntil = new Date(now.getTime() + RUN_EXPIRES_MS);
  const webhook = await store.webhooks.findOneAndUpdate(
    { _id: webhookId, isEnabled: true, pausedUntil: { $not: { $gt: now } } },
    { $set: { dueAt: heldUntil } },
    { returnDocument: 'after' },
  );
  const run = webhook && new EndpointRun(context, webhook, stopping);
  if (run !== null) {
    await run.deliver();
    await finish(context, run, heldUntil);
  }
  return toResult(await store.webhooks.findOne({ _id: webhookId }), run?.counts);
}

/**
 * Records the endpoint's health, and when it is due next unless something became due meanwhile. If
 * the endpoint was restarted meanwhile, makes its pending deliveries due and records no health.
 */
async function finish(
  { store, clock }: DeliveryContext,
  { webhook, health, pauseMs }: EndpointRun,
  heldUntil: Date,
): Promise<void> {
  const { _id: webhookId, restartedAt = null } = webhook;
  const next = await store.webhookDeliveries.findOne(
    { status: 'pending', webhookId, nextAttemptAt: { $exists: true } },
    { sort: { nextAttemptAt: 1 } },
  );
  const now = clock.now();
  const { failures, failingSince = REMOVE } = health;
  const pausedUntil = pauseMs > 0 ? new Date(now.getTime() + pauseMs) : REMOVE;
  const { matchedCount } = await store.webhooks.updateOne({ _id: webhookId, restartedAt }, [
    { $set: { failures, failingSince, pausedUntil } },
  ]);
  // An attempt that was in flight at the restart may have failed since; its delivery waits again.
  if (matchedCount === 0) await retryPendingNow(store, webhookId, now);
  // A requested redelivery does not wait for the end of a pause. A request that is stored after
  // this search ends the pause itself.
  const requested = { webhookId, redeliverAt: { $exists: true } };
  const isRequested = (await store.webhookDeliveries.countDocuments(requested, { limit: 1 })) > 0;
  if (isRequested)
    await store.webhooks.updateOne({ _id: webhookId }, { $unset: { pausedUntil: '' } });
  const dueAt = isRequested ? now : (next?.nextAttemptAt ?? REMOVE);
  await store.webhooks.updateOne({ _id: webhookId, dueAt: heldUntil }, [{ $set: { dueAt } }]);
}

/** Returns the state after a run for operators, and the time of the next job for the worker. */
function toResult(
  webhook: WebhookRecord | null,
  counts = { delivered: 0, failed: 0 },
): DeliverWebhooksResult {
  if (webhook === null) return { state: 'missing', ...counts };
  const { url, isEnabled, pausedUntil, dueAt } = webhook;
  const shown = { host: new URL(url).host, ...counts };
  if (!isEnabled) return { state: 'disabled', ...shown };
  const nextMs = Math.max(Number(pausedUntil ?? 0), Number(dueAt ?? 0));
  if (nextMs === 0) return { state: 'idle', ...shown };
  const nextAt = new Date(nextMs).toISOString();
  return { state: pausedUntil ? 'paused' : 'waiting', ...shown, nextAt };
}
