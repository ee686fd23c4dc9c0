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
import { type AuditedCaller, recordAudit } from '../audit/record-audit.ts';
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
 * the index accepts one and the other looks for the next slot, so the bound always holds.
 * @throws RefusedError invalid_request or too_many_webhooks
 */
export async function createWebhook(
  caller: AuditedCaller<WebhooksContext>,
  request: WebhookRequest,
): Promise<WebhookRecord> {
  checkUrl(caller.context, request.url);
  const work = insertInFreeSlot(caller.context, caller.principal, request);
  const created = await withDeadline('storing a webhook', WRITE_TIMEOUT_MS, work);
  const detail = { events: request.events };
  await recordAudit(caller, 'webhook.created', { target: created._id, detail });
  return created;
}

async function insertInFreeSlot(
  { store, clock }: WebhooksContext,
  principal: Principal,
  { url, events }: WebhookRequest,
): Promise<WebhookRecord> {
  const now = clock.now();
  const owned = webhooksOwnedBy(principal);
  const message = `A shop has ${WEBHOOKS_PER_SHOP_MAX} webhooks at most.`;
  const tooMany = new RefusedError('too_many_webhooks', message);
  const bounds = { triesMax: WEBHOOKS_PER_SHOP_MAX + 1 };
  const created = await retryOnConflict(bounds, async () => {
    const slot = await findFreeSlot(store, principal);
    if (slot === undefined) throw tooMany;
    const record: WebhookRecord = {
      _id: newId('whk'),
      ...owned,
      slot,
      url,
      events,
      isEnabled: true,
      generation: 0,
      createdAt: now,
      updatedAt: now,
      failures: 0,
    };
    try {
      await store.webhooks.insertOne(record);
      return record;
    } catch (error) {
      if (!isDuplicateKey(error, 'one_webhook_per_slot')) throw error;
      return undefined;
    }
  });
  if (created !== undefined) return created;
  throw tooMany;
}

async function findFreeSlot(store: Store, principal: Principal): Promise<number | undefined> {
  const found = await store.webhooks
    .find(webhooksOwnedBy(principal), { projection: { slot: 1 }, maxTimeMS: READ_TIMEOUT_MS })
    .toArray();
  const taken = new Set(found.map(({ slot }) => slot));
  const slots = Array.from({ length: WEBHOOKS_PER_SHOP_MAX }, (_, slot) => slot);
  return slots.find((slot) => !taken.has(slot));
}
