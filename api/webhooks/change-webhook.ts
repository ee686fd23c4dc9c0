import { inAuditedTransaction } from '../../shared/audit/in-audited-transaction.ts';
import type { EventPattern } from '../../shared/contract/events.ts';
import { withDeadline } from '../../shared/runtime/deadline.ts';
import { errorMessage } from '../../shared/runtime/error-message.ts';
import type { WebhookRecord } from '../../shared/store/collections/webhooks.ts';
import { retryPendingNow } from '../../shared/webhooks/retry-pending-now.ts';
import { webhooksOwnedBy } from '../access/visibility.ts';
import { type AuditedCaller, toAuditRecord } from '../audit/record-audit.ts';
import { WRITE_TIMEOUT_MS } from '../http/bounds.ts';
import { checkUrl } from './check-url.ts';
import type { WebhooksContext } from './context.ts';
import { findWebhook, noSuchWebhook } from './webhook-store.ts';

interface WebhookChanges {
  readonly url?: string | undefined;
  readonly events?: readonly EventPattern[] | undefined;
  readonly isEnabled?: boolean | undefined;
}

const DELETE_TIMEOUT_MS = 3_000;

/**
 * The fields with the health of the previous endpoint, which a restart removes. A delivery run in
 * progress notices the restart by `restartedAt`.
 */
const HEALTH_FIELDS = { disabledReason: '', failingSince: '', pausedUntil: '' };

/**
 * Changes a webhook. Another URL or `isEnabled: true` restarts the webhook: its health is reset,
 * and all pending deliveries are tried now.
 * @throws RefusedError invalid_request or not_found
 */
export async function changeWebhook(
  caller: AuditedCaller<WebhooksContext>,
  id: string,
  changes: WebhookChanges,
): Promise<WebhookRecord> {
  const { context, principal } = caller;
  const { store, clock, webhookQueue } = context;
  const { url, events, isEnabled } = changes;
  const owned = { ...webhooksOwnedBy(principal), _id: id };
  if (url !== undefined) checkUrl(context, url);
  const names = ['url', 'events', 'isEnabled'] as const;
  const fields = names.filter((name) => changes[name] !== undefined);
  const work = async () => {
    const now = clock.now();
    const before = await findWebhook(store, principal, id);
    const isRestart = isEnabled === true || (url !== undefined && url !== before.url);
    if (isRestart) await retryPendingNow(store, id, now);
    const $set = {
      ...(url !== undefined && { url }),
      ...(events !== undefined && { events }),
      ...(isEnabled !== undefined && { isEnabled }),
      updatedAt: now,
    };
    const restart = {
      $set: { ...$set, failures: 0, dueAt: now, restartedAt: now },
      $unset: HEALTH_FIELDS,
    };
    const update = isRestart ? restart : { $set };
    const changed = await inAuditedTransaction(
      store,
      (session) =>
        store.webhooks.findOneAndUpdate(owned, update, { returnDocument: 'after', session }),
      () => toAuditRecord(caller, 'webhook.changed', { target: id, detail: { fields } }),
    );
    if (changed === null) throw noSuchWebhook();
    if (isRestart) await webhookQueue.enqueue([id]).catch(() => undefined);
    return changed;
  };
  return withDeadline('changing a webhook', WRITE_TIMEOUT_MS, work());
}

/**
 * Deletes a webhook and its deliveries. Deliveries that cannot be deleted in time expire after a
 * week. Requests in flight are still sent.
 * @throws RefusedError not_found
 */
export async function removeWebhook(
  caller: AuditedCaller<WebhooksContext>,
  id: string,
): Promise<void> {
  const { store, log } = caller.context;
  const work = async () => {
    const filter = { ...webhooksOwnedBy(caller.principal), _id: id };
    const deleted = await inAuditedTransaction(
      store,
      (session) => store.webhooks.findOneAndDelete(filter, { session }),
      () => toAuditRecord(caller, 'webhook.deleted', { target: id }),
    );
    if (deleted === null) throw noSuchWebhook();
    const deleting = store.webhookDeliveries.deleteMany(
      { webhookId: id },
      { maxTimeMS: DELETE_TIMEOUT_MS },
    );
    await deleting.catch((error: unknown) => {
      const reason = errorMessage(error);
      log.info(
        { webhookId: id, reason },
        'deliveries of a deleted webhook remain until they expire',
      );
    });
  };
  await withDeadline('deleting a webhook', WRITE_TIMEOUT_MS, work());
}
