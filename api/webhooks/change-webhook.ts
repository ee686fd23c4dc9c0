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

/** What was learnt of the old endpoint is void. A run in progress notices by `restartedAt`. */
const AFRESH = { disabledReason: '', failingSince: '', pausedUntil: '' };

/**
 * Changes a webhook. With another address, or switched on again, it begins afresh: whatever waits
 * for its next attempt is tried now.
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
  const isAfresh = url !== undefined || isEnabled === true;
  if (isAfresh) await retryPendingNow(store, await ownId(store, principal, id), now);
  const changes = {
    ...(url !== undefined && { url }),
    ...(events !== undefined && { events }),
    ...(isEnabled !== undefined && { isEnabled }),
    updatedAt: now,
  };
  const changed = await store.webhooks.findOneAndUpdate(
    { ...webhooksOwnedBy(principal), _id: id },
    isAfresh
      ? {
          $set: { ...changes, failures: 0, dueAt: now, restartedAt: now },
          $unset: AFRESH,
        }
      : { $set: changes },
    { returnDocument: 'after' },
  );
  if (changed === null) throw noSuchWebhook();
  if (isAfresh) await webhookQueue.enqueue([id]).catch(() => undefined);
  return changed;
}

async function ownId(store: Store, principal: Principal, id: string): Promise<string> {
  const own = await store.webhooks.findOne(
    { ...webhooksOwnedBy(principal), _id: id },
    { projection: { _id: 1 } },
  );
  if (own === null) throw noSuchWebhook();
  return id;
}

/**
 * Deletes a webhook; nothing more is sent to it but what is under way. Its deliveries go with it,
 * or, if they are too many to be deleted now, when they have been kept for a week.
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
    log.info({ webhookId: id, reason: String(error) }, 'its deliveries will expire');
  }
}
