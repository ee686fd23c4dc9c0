import { inAuditedTransaction } from '../../shared/audit/in-audited-transaction.ts';
import { EARLIER_SECRETS_MAX } from '../../shared/contract/limits.ts';
import { RefusedError } from '../../shared/domain/errors.ts';
import { withDeadline } from '../../shared/runtime/deadline.ts';
import { retryOnConflict } from '../../shared/runtime/retry-on-conflict.ts';
import type { WebhookRecord } from '../../shared/store/collections/webhooks.ts';
import { findEarlierSecrets } from '../../shared/webhooks/webhook-secret.ts';
import { webhooksOwnedBy } from '../access/visibility.ts';
import { type AuditedCaller, toAuditRecord } from '../audit/record-audit.ts';
import { WRITE_TIMEOUT_MS } from '../http/bounds.ts';
import type { WebhooksContext } from './context.ts';
import { findWebhook, noSuchWebhook } from './webhook-store.ts';

const PREVIOUS_SECRET_MS = 24 * 60 * 60 * 1_000;

/**
 * Gives a webhook a new secret. For one day deliveries are also signed with the previous secret,
 * even if the secret is rotated again during that day.
 * @throws RefusedError not_found or too_many_secrets
 */
export async function rotateSecret(
  caller: AuditedCaller<WebhooksContext>,
  id: string,
): Promise<WebhookRecord> {
  const { context, principal } = caller;
  // After so many conflicts, other requests have rotated the secret until there were too many.
  const work = retryOnConflict({ triesMax: EARLIER_SECRETS_MAX + 1 }, async () => {
    const webhook = await findWebhook(context.store, principal, id);
    const now = context.clock.now();
    const { generation } = webhook;
    const until = new Date(now.getTime() + PREVIOUS_SECRET_MS);
    const earlierSecrets = [{ generation, until }, ...findEarlierSecrets(webhook, now)];
    if (earlierSecrets.length > EARLIER_SECRETS_MAX) throw tooManySecrets();
    const update = { $set: { earlierSecrets, updatedAt: now }, $inc: { generation: 1 } };
    const changed = await inAuditedTransaction(
      context.store,
      (session) =>
        context.store.webhooks.findOneAndUpdate(
          { ...webhooksOwnedBy(principal), _id: id, generation },
          update,
          { returnDocument: 'after', session },
        ),
      () => toAuditRecord(caller, 'webhook.secret_rotated', { target: id }),
    );
    return changed ?? undefined;
  });
  const rotated = await withDeadline('rotating a secret', WRITE_TIMEOUT_MS, work);
  if (rotated === undefined) throw tooManySecrets();
  return rotated;
}

function tooManySecrets(): RefusedError {
  const message =
    `Deliveries are already signed with ${EARLIER_SECRETS_MAX} earlier secrets, the maximum. ` +
    'Wait until the oldest of them ends, or end them all.';
  return new RefusedError('too_many_secrets', message);
}

/**
 * Stops signing with earlier secrets, for example because one of them has leaked.
 * @throws RefusedError not_found
 */
export async function endEarlierSecrets(
  caller: AuditedCaller<WebhooksContext>,
  id: string,
): Promise<WebhookRecord> {
  const { store, clock } = caller.context;
  const work = inAuditedTransaction(
    store,
    (session) =>
      store.webhooks.findOneAndUpdate(
        { ...webhooksOwnedBy(caller.principal), _id: id },
        { $set: { updatedAt: clock.now() }, $unset: { earlierSecrets: '' } },
        { returnDocument: 'after', session },
      ),
    () => toAuditRecord(caller, 'webhook.secrets_ended', { target: id }),
  );
  const changed = await withDeadline('ending secrets', WRITE_TIMEOUT_MS, work);
  if (changed === null) throw noSuchWebhook();
  return changed;
}
