import type { RedisClient } from '../../shared/queue/connections.ts';
import { publishEvents } from '../../shared/queue/event-bus.ts';
import { type Periodic, startPeriodic } from '../../shared/runtime/periodic.ts';
import type { OutboxRecord } from '../../shared/store/collections/outbox.ts';
import type { Store } from '../../shared/store/store.ts';
import { readOutboxPage } from './outbox-page.ts';

const POLL_EVERY_MS = 250;
/**
 * Younger entries are skipped, because a worker that wrote them is about to publish them, unless
 * one has an event that must precede an event of the page.
 */
const ENTRY_AGE_MS_MIN = 300;
const PAGE_MAX = 100;
const PAGES_MAX = 20;

interface RelayOptions {
  readonly store: Store;
  /** A connection opened by `connectFailingFast`. */
  readonly redis: RedisClient;
  readonly keyPrefix: string;
  readonly onError: (error: unknown) => void;
}

/**
 * Publishes the events of the outbox at least once. A poll publishes each subject's events in their
 * order, but `publish` does not wait for earlier events of the subject that the poll has not
 * published yet.
 */
export interface Relay {
  /** Publishes the events that this process has just committed, before the next poll. */
  publish(entry: OutboxRecord): void;
  stop(): Promise<void>;
}

/** Starts to publish; failures are reported to `onError` and retried at the next poll. */
export function startRelay(options: RelayOptions): Relay {
  const { store, redis, keyPrefix, onError } = options;
  const published: string[] = [];
  const polling: Periodic = startPeriodic({
    everyMs: POLL_EVERY_MS,
    onError,
    run: async (signal) => {
      await markRelayed(store, published.splice(0));
      for (let page = 0; page < PAGES_MAX && !signal.aborted; page += 1) {
        if (!(await relayPage(options))) return;
      }
    },
  });
  return {
    publish: (entry) => {
      publishEvents(redis, keyPrefix, entry.events).then(
        () => published.push(entry._id),
        () => undefined, // The next poll finds the entry in the outbox.
      );
    },
    stop: async () => {
      await polling.stop();
      await markRelayed(store, published.splice(0)).catch(onError);
    },
  };
}

/**
 * Publishes and marks a page of the outbox.
 * @returns whether there may be more entries
 */
async function relayPage({ store, redis, keyPrefix }: RelayOptions): Promise<boolean> {
  const at = { $lt: new Date(Date.now() - ENTRY_AGE_MS_MIN) };
  const { outlines, isFull } = await readOutboxPage(store, { isRelayed: false, at }, PAGE_MAX);
  const ids = outlines.map(({ _id }) => _id);
  const entries = await store.outbox.find({ _id: { $in: ids } }).toArray();
  const byId = new Map(entries.map((entry) => [entry._id, entry]));
  const relayed: string[] = [];
  try {
    for (const { _id, events } of ids.flatMap((id) => byId.get(id) ?? [])) {
      await publishEvents(redis, keyPrefix, events);
      relayed.push(_id);
    }
  } finally {
    await markRelayed(store, relayed);
  }
  return isFull;
}

async function markRelayed(store: Store, ids: readonly string[]): Promise<void> {
  if (ids.length === 0) return;
  await store.outbox.updateMany(
    { _id: { $in: [...ids] } },
    { $set: { isRelayed: true, relayedAt: new Date() } },
    { writeConcern: { w: 1, j: false } },
  );
}
