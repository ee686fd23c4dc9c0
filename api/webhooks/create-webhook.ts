import type { EventPattern } from '../../shared/contract/events.ts';
import { WEBHOOKS_PER_SHOP_MAX } from '../../shared/contract/limits.ts';
import { RefusedError } from '../../shared/domain/errors.ts';
import { withDeadline } from '../../shared/runtime/deadline.ts';
import { newId } from '../../shared/runtime/ids.ts';
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
 * Stores a webhook of the caller's shop in its first free slot. Of two that take the same slot the
 * index lets one in and the other looks again, so that there are never more than allowed.
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
  for (let tries = 0; tries <= WEBHOOKS_PER_SHOP_MAX; tries += 1) {
    const slot = await freeSlot(store, principal);
    if (slot === undefined) break;
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
    }
  }
  const message = `A shop has ${WEBHOOKS_PER_SHOP_MAX} webhooks at most.`;
  throw new RefusedError('too_many_webhooks', message);
}

async function freeSlot(store: Store, principal: Principal): Promise<number | undefined> {
  const found = await store.webhooks
    .find(webhooksOwnedBy(principal), { projection: { slot: 1 }, maxTimeMS: READ_TIMEOUT_MS })
    .toArray();
  const taken = new Set(found.map(({ slot }) => slot));
  const slots = Array.from({ length: WEBHOOKS_PER_SHOP_MAX }, (_, slot) => slot);
  return slots.find((slot) => !taken.has(slot));
}
