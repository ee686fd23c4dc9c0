import { afterEach, beforeAll, expect, onTestFinished, test } from 'vitest';
import type { WireEvent } from '../../shared/contract/events.ts';
import { toOutboxEntry } from '../../shared/ledger/commit.ts';
import { connectPatiently } from '../../shared/queue/connections.ts';
import { subscribeEvents } from '../../shared/queue/event-bus.ts';
import type { OutboxRecord } from '../../shared/store/collections/outbox.ts';
import type { Store } from '../../shared/store/store.ts';
import { testNamespace } from '../../shared/testing/harness.ts';
import { ownRedis } from '../../shared/testing/own-redis.ts';
import { readyRedis } from '../../shared/testing/ready-redis.ts';
import { clearStore, openTestStore } from '../../shared/testing/test-store.ts';
import { type Relay, startRelay } from './relay.ts';

const namespace = testNamespace();
const { keyPrefix } = namespace;
const ownServer = ownRedis();
const WAIT = { timeout: 10_000 };
let store: Store;

beforeAll(async () => {
  store = await openTestStore(namespace);
});
afterEach(() => clearStore(store));

/** Subscribes, and collects the published events in the order of publication. */
async function listen(url: string) {
  const received: WireEvent[] = [];
  const redis = connectPatiently({ url, onError: () => undefined });
  const subscription = subscribeEvents(redis, keyPrefix, (events) => received.push(...events));
  const probe = await readyRedis(url);
  onTestFinished(() => {
    subscription.close();
    probe.disconnect();
  });
  const listeners = async () => {
    const [, count] = await probe.pubsub('NUMSUB', `${keyPrefix}:events`).catch(() => []);
    return count;
  };
  await expect.poll(listeners).toBe(1);
  return { events: received, subjects: () => received.map((event) => event.subjectId), listeners };
}

async function start(url: string, errors: unknown[] = []): Promise<Relay> {
  const redis = await readyRedis(url);
  const relay = startRelay({ store, redis, keyPrefix, onError: (error) => errors.push(error) });
  onTestFinished(async () => {
    await relay.stop();
    redis.disconnect();
  });
  return relay;
}

/** Stores entries of one event each, written `ageMs` ago, as if by a process that has ended. */
async function givenEntries(subjects: readonly string[], ageMs = 60_000): Promise<OutboxRecord[]> {
  const entries = subjects.map((subjectId, index) => {
    const at = new Date(Date.now() - ageMs + index);
    const draft = { type: 'order.confirmed', subjectId, seq: 2, shopIds: [], data: {} } as const;
    return toOutboxEntry([draft], at);
  });
  await store.outbox.insertMany(entries);
  return entries;
}

function unrelayed(): Promise<number> {
  return store.outbox.countDocuments({ isRelayed: false });
}

function subjectIds(count: number): string[] {
  return Array.from({ length: count }, (_, index) => `ord_${index}`);
}

test('entries that other processes left in the outbox are published in order, once, and marked', async () => {
  const listener = await listen(namespace.redisUrl);
  await givenEntries(subjectIds(250));
  await start(namespace.redisUrl);
  await expect.poll(unrelayed, WAIT).toBe(0);
  await expect.poll(listener.subjects).toEqual(subjectIds(250));
  const [first] = await store.outbox.find().sort({ at: 1 }).limit(1).toArray();
  expect(first?.relayedAt?.getTime()).toBeGreaterThan(Date.now() - 30_000);
  // A later round finds nothing to publish.
  await givenEntries(['ord_later']);
  await expect.poll(listener.subjects, WAIT).toEqual([...subjectIds(250), 'ord_later']);
});

/**
 * Stores the events of one order, one per entry, as if written by processes whose clocks differ.
 */
async function givenWritten(writes: readonly { seq: number; ageMs: number }[]): Promise<void> {
  const entries = writes.map(({ seq, ageMs }) => {
    const draft = { type: 'order.confirmed', subjectId: 'ord_own', shopIds: [], data: {} } as const;
    return toOutboxEntry([{ ...draft, seq }], new Date(Date.now() - ageMs));
  });
  await store.outbox.insertMany(entries);
}

test.each([
  ['seconds ago', 5_000],
  ['just now', 0],
])('of two events written %s, the earlier comes first, whatever its time', async (_, baseAgeMs) => {
  const listener = await listen(namespace.redisUrl);
  const ageMs = baseAgeMs + 900;
  await givenWritten([
    { seq: 2, ageMs: baseAgeMs + 100 },
    { seq: 3, ageMs },
  ]);
  await start(namespace.redisUrl);
  await expect.poll(unrelayed, WAIT).toBe(0);
  await expect.poll(() => listener.events.length, WAIT).toBe(2);
  expect(listener.events.map(({ seq }) => seq)).toEqual([2, 3]);
});

test('after a full page the relay reads on, so that the clocks of hosts do not change the order', async () => {
  const listener = await listen(namespace.redisUrl);
  await givenWritten([
    { seq: 2, ageMs: 59_000 },
    { seq: 3, ageMs: 59_950 },
  ]);
  await givenEntries(subjectIds(120));
  await start(namespace.redisUrl);
  await expect.poll(unrelayed, WAIT).toBe(0);
  const ownEvents = () => listener.events.filter(({ subjectId }) => subjectId === 'ord_own');
  await expect.poll(() => listener.events.length, WAIT).toBe(122);
  expect(ownEvents().map(({ seq }) => seq)).toEqual([2, 3]);
});

test('an event arrives as it was written', async () => {
  const listener = await listen(namespace.redisUrl);
  const [entry] = await givenEntries(['ord_1']);
  await start(namespace.redisUrl);
  await expect.poll(() => listener.events, WAIT).toEqual(JSON.parse(JSON.stringify(entry?.events)));
});

test('events that this process has just committed are published immediately and only once, and are marked', async () => {
  const listener = await listen(namespace.redisUrl);
  const relay = await start(namespace.redisUrl);
  const entries = await givenEntries(['ord_1', 'ord_2'], 0);
  for (const entry of entries) relay.publish(entry);
  await expect.poll(listener.subjects).toEqual(['ord_1', 'ord_2']);
  await expect.poll(unrelayed, WAIT).toBe(0);
  await givenEntries(['ord_3']);
  await expect.poll(listener.subjects, WAIT).toContain('ord_3');
  expect(listener.subjects()).toEqual(['ord_1', 'ord_2', 'ord_3']);
});

test('events that were published before the process ends are marked when it ends', async () => {
  const listener = await listen(namespace.redisUrl);
  const relay = await start(namespace.redisUrl);
  const [entry] = await givenEntries(['ord_1'], 0);
  if (entry) relay.publish(entry);
  await expect.poll(listener.subjects).toEqual(['ord_1']);
  await relay.stop();
  expect(await unrelayed()).toBe(0);
});

test('two relays publish every event at least once, and the first arrivals are in order', async () => {
  const listener = await listen(namespace.redisUrl);
  await givenEntries(subjectIds(300));
  await Promise.all([start(namespace.redisUrl), start(namespace.redisUrl)]);
  await expect.poll(unrelayed, WAIT).toBe(0);
  await expect.poll(() => new Set(listener.subjects()).size, WAIT).toBe(300);
  expect([...new Set(listener.subjects())]).toEqual(subjectIds(300));
});

test('while Redis is down no entry is marked; once Redis is back all entries are marked', async () => {
  const listener = await listen(ownServer.url);
  const errors: unknown[] = [];
  const relay = await start(ownServer.url, errors);
  await ownServer.kill();
  const entries = await givenEntries(subjectIds(20));
  // Publishing them directly fails too; the poll publishes them later.
  for (const entry of entries.slice(0, 5)) relay.publish(entry);
  await expect.poll(() => errors.length, WAIT).toBeGreaterThan(0);
  expect(await unrelayed()).toBe(20);
  await ownServer.restart();
  await expect.poll(unrelayed, WAIT).toBe(0);
  // A listener misses the events that are published before it has reconnected; the outbox has them.
  await expect.poll(listener.listeners, WAIT).toBe(1);
  await givenEntries(['ord_after']);
  await expect.poll(listener.subjects, WAIT).toContain('ord_after');
});
