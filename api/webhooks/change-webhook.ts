import type { EventPattern } from '../../shared/contract/events.ts';
import { withDeadline } from '../../shared/runtime/deadline.ts';
import type { WebhookRecord } from '../../shared/store/collections/webhooks.ts';
import type { Store } from '../../shared/store/store.ts';
import { retryPendingNow } from '../../shared/webhooks/retry-pending-now.ts';
import { webhooksOwnedBy } from '../access/visibility.ts';
import { type AuditedCaller, recordAudit } from '../audit/record-audit.ts';
import { WRITE_TIMEOUT_MS } from '../http/bounds.ts';
import type { Principal } from '../http/principal.ts';
import { checkUrl } from './check-url.ts';
import type { WebhooksContext } from './context.ts';
import { noSuchWebhook } from './webhook-store.ts';

interface WebhookChanges {
  readonly url?: string | undefined;
  readonly events?: readonly EventPattern[] | undefined;
  readonly isEnabled?: boolean | undefined;
}

const DELETE_TIMEOUT_MS = 3_000;

/** The health of the previous endpoint. A delivery run in progress notices the restart by `restartedAt`. */
const HEALTH = { disabledReason: '', failingSince: '', pausedUntil: '' };

/**
 * Changes a webhook. Another URL, or enabling it, restarts the webhook: its health is reset, and all
 * pending deliveries are tried now.
 * @throws RefusedError invalid_request or not_found
 */
export async function changeWebhook(
  caller: AuditedCaller<WebhooksContext>,
  id: string,
  changes: WebhookChanges,
): Promise<WebhookRecord> {
  const { context, principal } = caller;
  if (changes.url !== undefined) checkUrl(context, changes.url);
  const work = writeChanges(context, principal, id, changes);
  const changed = await withDeadline('changing a webhook', WRITE_TIMEOUT_MS, work);
  const fields = (['url', 'events', 'isEnabled'] as const).filter(
    (field) => changes[field] !== undefined,
  );
  await recordAudit(caller, 'webhook.changed', { target: id, detail: { fields } });
  return changed;
}

async function writeChanges(
  { store, clock, webhookQueue }: WebhooksContext,
  principal: Principal,
  id: string,
  { url, events, isEnabled }: WebhookChanges,
): Promise<WebhookRecord> {
  const now = clock.now();
  const isRestart = url !== undefined || isEnabled === true;
  if (isRestart) await retryPendingNow(store, await checkOwned(store, principal, id), now);
  const changes = {
    ...(url !== undefined && { url }),
    ...(events !== undefined && { events }),
    ...(isEnabled !== undefined && { isEnabled }),
    updatedAt: now,
  };
  const changed = await store.webhooks.findOneAndUpdate(
    { ...webhooksOwnedBy(principal), _id: id },
    isRestart
      ? {
          $set: { ...changes, failures: 0, dueAt: now, restartedAt: now },
          $unset: HEALTH,
        }
      : { $set: changes },
    { returnDocument: 'after' },
  );
  if (changed === null) throw noSuchWebhook();
  if (isRestart) await webhookQueue.enqueue([id]).catch(() => undefined);
  return changed;
}

async function checkOwned(store: Store, principal: Principal, id: string): Promise<string> {
  const own = await store.webhooks.findOne(
    { ...webhooksOwnedBy(principal), _id: id },
    { projection: { _id: 1 } },
  );
  if (own === null) throw noSuchWebhook();
  return id;
}

/**
 * Deletes a webhook and its deliveries. If there are too many to delete now, they expire after a week.
 * Requests in flight are still sent.
 * @throws RefusedError not_found
 */
export async function removeWebhook(
  caller: AuditedCaller<WebhooksContext>,
  id: string,
): Promise<void> {
  const work = removeWithDeliveries(caller.context, caller.principal, id);
  await withDeadline('deleting a webhook', WRITE_TIMEOUT_MS, work);
  await recordAudit(caller, 'webhook.deleted', { target: id });
}

async function removeWithDeliveries(
  { store, log }: WebhooksContext,
  principal: Principal,
  id: string,
): Promise<void> {
  const filter = { ...webhooksOwnedBy(principal), _id: id };
  const { deletedCount } = await store.webhooks.deleteOne(filter);
  if (deletedCount === 0) throw noSuchWebhook();
  try {
    const options = { maxTimeMS: DELETE_TIMEOUT_MS };
    await store.webhookDeliveries.deleteMany({ webhookId: id }, options);
  } catch (error) {
    log.info(
      { webhookId: id, reason: String(error) },
      'deliveries of a deleted webhook remain until they expire',
    );
  }
}
