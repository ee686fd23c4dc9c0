import { inAuditedTransaction } from '../../shared/audit/in-audited-transaction.ts';
import type { EventPattern } from '../../shared/contract/events.ts';
import { WEBHOOKS_PER_SHOP_MAX } from '../../shared/contract/limits.ts';
import { RefusedError } from '../../shared/domain/errors.ts';
import { withDeadline } from '../../shared/runtime/deadline.ts';
import { newId } from '../../shared/runtime/ids.ts';
import { retryOnConflict } from '../../shared/runtime/retry-on-conflict.ts';
import type { WebhookRecord } from '../../shared/store/collections/webhooks.ts';
import { isDuplicateKey } from '../../shared/store/faults.ts';
import type { Store } from '../../shared/store/store.ts';
import { webhooksOwnedBy } from '../access/visibility.ts';
import { type AuditedCaller, toAuditRecord } from '../audit/record-audit.ts';
import { READ_TIMEOUT_MS, WRITE_TIMEOUT_MS } from '../http/bounds.ts';
import type { Principal } from '../http/principal.ts';
import { checkUrl } from './check-url.ts';
import type { WebhooksContext } from './context.ts';

interface WebhookRequest {
  readonly url: string;
  readonly events: readonly EventPattern[];
}

/**
 * Stores a webhook of the caller's shop in the first free slot. If two requests take the same slot,
 * the index accepts one of them and the other looks for the next slot, so a shop never has more
 * webhooks than slots.
 * @throws RefusedError invalid_request or too_many_webhooks
 */
export async function createWebhook(
  caller: AuditedCaller<WebhooksContext>,
  request: WebhookRequest,
): Promise<WebhookRecord> {
  const { context, principal } = caller;
  const { url, events } = request;
  checkUrl(context, url);
  const now = context.clock.now();
  const work = retryOnConflict({ triesMax: WEBHOOKS_PER_SHOP_MAX + 1 }, async () => {
    const record: WebhookRecord = {
      _id: newId('whk'),
      ...webhooksOwnedBy(principal),
      slot: await findFreeSlot(context.store, principal),
      url,
      events,
      isEnabled: true,
      generation: 0,
      createdAt: now,
      updatedAt: now,
      failures: 0,
    };
    const storing = inAuditedTransaction(
      context.store,
      (session) => context.store.webhooks.insertOne(record, { session }),
      () => toAuditRecord(caller, 'webhook.created', { target: record._id, detail: { events } }),
    );
    try {
      await storing;
      return record;
    } catch (error) {
      if (!isDuplicateKey(error, 'one_webhook_per_slot')) throw error;
      return undefined;
    }
  });
  const created = await withDeadline('storing a webhook', WRITE_TIMEOUT_MS, work);
  if (created === undefined) throw tooManyWebhooks();
  return created;
}

function tooManyWebhooks(): RefusedError {
  const message = `A shop has at most ${WEBHOOKS_PER_SHOP_MAX} webhooks.`;
  return new RefusedError('too_many_webhooks', message);
}

/**
 * Returns the first slot without a webhook.
 * @throws RefusedError too_many_webhooks
 */
async function findFreeSlot(store: Store, principal: Principal): Promise<number> {
  const webhooks = await store.webhooks
    .find(webhooksOwnedBy(principal), { projection: { slot: 1 }, maxTimeMS: READ_TIMEOUT_MS })
    .toArray();
  const takenSlots = new Set(webhooks.map(({ slot }) => slot));
  const slots = Array.from({ length: WEBHOOKS_PER_SHOP_MAX }, (_, slot) => slot);
  const free = slots.find((slot) => !takenSlots.has(slot));
  if (free === undefined) throw tooManyWebhooks();
  return free;
}
