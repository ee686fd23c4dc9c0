import type { DomainEvent, EventPattern } from '../../shared/contract/events.ts';
import { isWanted } from '../../shared/domain/webhooks/event-patterns.ts';
import type { OutboxRecord } from '../../shared/store/collections/outbox.ts';
import type { Store } from '../../shared/store/store.ts';
import { eventForShop, type WebhookPayload } from '../../shared/webhooks/event-for-shop.ts';
import { readSubjects } from '../../shared/webhooks/read-subjects.ts';
import { eventsSeenBy } from '../access/visibility.ts';
import { READ_TIMEOUT_MS } from '../http/bounds.ts';
import { cursorAfterPlace, placeFromCursor } from '../http/paging.ts';
import type { Principal } from '../http/principal.ts';

/** The most outbox entries that one page examines. Each may have hundreds of events. */
const ENTRIES_EXAMINED_MAX = 1_000;
const ENTRIES_AT_ONCE_MAX = 50;

interface EventList {
  readonly principal: Principal;
  /** The name of the list to which cursors belong. */
  readonly name: string;
  readonly since: Date;
  readonly type: EventPattern;
  readonly limit: number;
  readonly cursor: string | undefined;
}

/** The time, entry and index of an event; indexes within an entry count from 0. */
type Place = readonly [atMs: number, entryId: string, index: number];

type Entry = Pick<OutboxRecord, '_id' | 'at' | 'events'>;

/**
 * Lists the events that a shop may see, oldest first, in the form in which webhooks receive them. A
 * page ends early if it has examined `ENTRIES_EXAMINED_MAX` entries. The next page continues after
 * them.
 * @throws RefusedError invalid_request if the cursor is invalid or belongs to another list
 */
export async function listEvents(
  store: Store,
  list: EventList,
): Promise<{ items: WebhookPayload[]; nextCursor: string | null }> {
  const { principal, name, type, limit } = list;
  const after = placeFromCursor(name, ['number', 'string', 'number'], list.cursor) as
    | Place
    | undefined;
  const { shopIds: shopId } = eventsSeenBy(principal);
  const selected: DomainEvent[] = [];
  let last: Place | undefined;
  let hasMore = false;
  let examined = 0;
  const entries = readEntries(store, list, after);
  try {
    for await (const { _id, at, events } of entries) {
      examined += 1;
      for (const event of events) {
        const place = [at.getTime(), _id, indexOf(event)] as const;
        if (after !== undefined && !isAfter(place, after)) continue;
        if (!isWanted([type], event.type)) continue;
        hasMore = selected.length === limit;
        if (hasMore) break;
        selected.push(event);
        last = place;
      }
      if (hasMore) break;
      if (examined < ENTRIES_EXAMINED_MAX) continue;
      last = [at.getTime(), _id, Number.MAX_SAFE_INTEGER];
      hasMore = true;
      break;
    }
  } finally {
    await entries.close();
  }
  const wanted = selected.map((event) => ({ event, shopIds: [shopId] }));
  const subjects = await readSubjects(store, wanted, READ_TIMEOUT_MS);
  const nextCursor = hasMore && last !== undefined ? cursorAfterPlace(name, last) : null;
  return { items: selected.map((event) => eventForShop(event, shopId, subjects)), nextCursor };
}

function readEntries(store: Store, { principal, since }: EventList, after: Place | undefined) {
  const from = after === undefined ? since : new Date(after[0]);
  const seen = eventsSeenBy(principal);
  const isSeen = {
    $or: [
      { $in: [seen.shopIds, '$$this.shopIds'] },
      { $eq: ['$$this.storefrontId', seen.shopIds] },
    ],
  };
  return store.outbox.aggregate<Entry>(
    [
      { $match: { ...seen, at: { $gte: from } } },
      { $sort: { at: 1, _id: 1 } },
      { $project: { at: 1, events: { $filter: { input: '$events', cond: isSeen } } } },
    ],
    { batchSize: ENTRIES_AT_ONCE_MAX, maxTimeMS: READ_TIMEOUT_MS },
  );
}

function indexOf({ id }: DomainEvent): number {
  return Number(id.slice(id.lastIndexOf('.') + 1));
}

function isAfter([atMs, id, index]: Place, [afterMs, afterId, afterIndex]: Place): boolean {
  if (atMs !== afterMs) return atMs > afterMs;
  return id === afterId ? index > afterIndex : id > afterId;
}
