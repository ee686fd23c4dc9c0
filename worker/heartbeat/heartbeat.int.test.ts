import { hostname } from 'node:os';
import { afterEach, beforeAll, expect, test } from 'vitest';
import { createLogger } from '../../shared/runtime/logger.ts';
import { newProcess, readWorkers, recordHeartbeat } from '../../shared/store/heartbeat.ts';
import type { Store } from '../../shared/store/store.ts';
import { testNamespace } from '../../shared/testing/harness.ts';
import { clearStore, openTestStore } from '../../shared/testing/test-store.ts';
import { Activity, startHeartbeat } from './heartbeat.ts';

const namespace = testNamespace();
let store: Store;

beforeAll(async () => {
  store = await openTestStore(namespace);
});
afterEach(() => clearStore(store));

/** Starts a worker's heartbeat and returns the ids of all recorded workers; then ends it. */
async function workersAfterStart() {
  const errors: unknown[] = [];
  const heartbeat = await startHeartbeat({
    ...{ store, clients: [], keyPrefix: namespace.keyPrefix, activity: new Activity() },
    log: createLogger('test', 'silent'),
    onError: (error) => errors.push(error),
  });
  const ids = (await readWorkers(store)).map(({ _id }) => _id);
  await heartbeat.stop();
  expect(errors).toEqual([]);
  return { own: heartbeat.id, ids };
}

test('a worker in a restarted container forgets the worker whose host and pid it has', async () => {
  const now = new Date();
  const ofHost = { kind: 'worker' as const, host: hostname(), startedAt: now, seenAt: now };
  await store.processes.insertMany([{ ...ofHost, _id: 'prc_killed', pid: process.pid }]);
  const { own, ids } = await workersAfterStart();
  expect(ids).toEqual([own]);
});

test('a worker keeps the records of other hosts and of its own process', async () => {
  const now = new Date();
  const other = { kind: 'worker' as const, host: `not-${hostname()}`, startedAt: now, seenAt: now };
  await store.processes.insertMany([{ ...other, _id: 'prc_other', pid: process.pid }]);
  const sibling = newProcess('worker');
  await recordHeartbeat(store, sibling);
  const { own, ids } = await workersAfterStart();
  expect(ids.toSorted()).toEqual([own, sibling.id, 'prc_other'].toSorted());
});
