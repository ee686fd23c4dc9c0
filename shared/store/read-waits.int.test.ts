import { afterEach, beforeAll, expect, test } from 'vitest';
import { testNamespace } from '../testing/harness.ts';
import { idAt } from '../testing/id-at.ts';
import { clearStore, openTestStore } from '../testing/test-store.ts';
import type { WaitRecord } from './collections/waits.ts';
import { readWaits } from './read-waits.ts';
import type { Store } from './store.ts';

const NOW = new Date('2026-05-05T05:05:05Z');
const TIMEOUT_MS = 5_000;
const namespace = testNamespace();
let store: Store;

beforeAll(async () => {
  store = await openTestStore(namespace);
});
afterEach(() => clearStore(store));

function toWait(secondsAgo: number, more: Partial<WaitRecord> = {}): WaitRecord {
  const acceptedAt = new Date(NOW.getTime() - secondsAgo * 1_000);
  const lines = [{ variantId: 'var_1', productId: 'prd_1', quantity: 1 }];
  const _id = idAt('chk', acceptedAt, String(secondsAgo));
  return { _id, lines, acceptedAt, waitUntil: NOW, ...more };
}

test('if no checkout waits, both figures are 0', async () => {
  await store.waits.insertMany([toWait(900), toWait(30)]);
  expect(await readWaits(store, NOW, TIMEOUT_MS)).toEqual({ waiting: 0, longestMs: 0 });
});

test('checkouts that wait are counted, and queued checkouts are not', async () => {
  const isWaiting = true as const;
  const waiting = [toWait(60, { isWaiting }), toWait(500, { isWaiting }), toWait(7, { isWaiting })];
  await store.waits.insertMany([toWait(900), ...waiting, toWait(1)]);
  expect(await readWaits(store, NOW, TIMEOUT_MS)).toEqual({ waiting: 3, longestMs: 500_000 });
});

test('the index that counting uses contains only checkouts that wait', async () => {
  const isWaiting = true as const;
  const queued = Array.from({ length: 300 }, (_, index) => toWait(2_000 - index));
  await store.waits.insertMany([...queued, toWait(60, { isWaiting }), toWait(50, { isWaiting })]);
  const counting = await store.waits
    .find({ isWaiting: true })
    .hint('waiting_by_end')
    .explain('executionStats');
  expect(counting).toMatchObject({ executionStats: { totalDocsExamined: 2 } });
});
