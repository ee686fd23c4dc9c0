import { beforeAll, beforeEach, expect, test } from 'vitest';
import { testNamespace } from '../../testing/harness.ts';
import { clearStore, openTestStore } from '../../testing/test-store.ts';
import type { Store } from '../store.ts';
import { migration } from './0007-fan-out.ts';

const namespace = testNamespace();
let store: Store;

beforeAll(async () => {
  store = await openTestStore(namespace);
});
beforeEach(() => clearStore(store));

async function run(): Promise<number> {
  let changed = 0;
  await migration.run(store, {
    signal: new AbortController().signal,
    changed: async (documents) => {
      changed += documents;
    },
  });
  return changed;
}

async function givenEntries(count: number, at: Date, mark: object): Promise<void> {
  const entries = Array.from({ length: count }, (_, index) => ({
    _id: `evt_${at.getTime()}_${index}_${JSON.stringify(mark)}`,
    at,
    events: [],
    shopIds: [],
    isRelayed: true,
    ...mark,
  }));
  await store.outbox.collection.insertMany(entries as never[]);
}

test('old entries without a mark are nobody’s news; those written meanwhile, and marked ones, are left', async () => {
  const [past, soon] = [new Date(Date.now() - 60_000), new Date(Date.now() + 60_000)];
  await givenEntries(1_203, past, {});
  await givenEntries(2, past, { isFannedOut: false });
  await givenEntries(3, soon, {});
  expect(await run()).toBe(1_203);
  expect(await run()).toBe(0);
  const { outbox } = store;
  expect(await outbox.countDocuments({ isFannedOut: true })).toBe(1_203);
  expect(await outbox.countDocuments({ isFannedOut: false })).toBe(2);
  expect(await outbox.countDocuments({ isFannedOut: { $exists: false } })).toBe(3);
});

test('the index that found only marked entries goes', async () => {
  await store.outbox.collection.createIndex(
    { at: 1 },
    { name: 'unfanned_by_age', partialFilterExpression: { isFannedOut: false } },
  );
  await run();
  await run();
  const names = (await store.outbox.listIndexes()).map((index) => index['name']);
  expect(names).toContain('awaiting_fan_out_by_age');
  expect(names).not.toContain('unfanned_by_age');
});
