import { audienceOf, type DomainEvent } from '../contract/events.ts';
import { newId } from '../runtime/ids.ts';
import type { OutboxRecord } from '../store/collections/outbox.ts';
import type { Session, Store } from '../store/store.ts';

/** An event before it has an id and a time. */
export type EventDraft = Omit<DomainEvent, 'id' | 'at'>;

/** Gathers the events of one transaction; each id is made of the entry's and a number. */
export function outboxEntry(drafts: readonly EventDraft[], at: Date): OutboxRecord {
  const _id = newId('evt');
  const events = drafts.map((draft, index) => ({ id: `${_id}.${index}`, at, ...draft }));
  const shopIds = [...new Set(drafts.flatMap(audienceOf))];
  return { _id, at, shopIds, isRelayed: false, isFannedOut: false, events };
}

/** Writes the events with the change that caused them. */
export async function writeOutbox(
  store: Store,
  session: Session,
  entry: OutboxRecord,
): Promise<void> {
  if (entry.events.length === 0) return;
  await store.outbox.insertOne(entry, { session });
}
