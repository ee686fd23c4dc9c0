import { beforeEach, expect, onTestFinished, test } from 'vitest';
import { readJudgement } from '../../shared/ledger/judging/following/judgement.ts';
import { judgingStore } from '../../shared/ledger/judging/following/judging-store.ts';
import { systemClock } from '../../shared/runtime/clock.ts';
import { workLeases } from '../../shared/store/lease.ts';
import { testNamespace } from '../../shared/testing/harness.ts';
import { clearStore, openTestStore } from '../../shared/testing/test-store.ts';
import { startJudging } from './judge-record.ts';

const LEASE = 'judge-record';
const WAIT = { timeout: 30_000 };

const store = await openTestStore(testNamespace());
const leases = workLeases(store);

beforeEach(async () => {
  await clearStore(store);
  for (const collection of Object.values(judgingStore(store))) await collection.deleteMany({});
  await leases.deleteMany({});
});

function start() {
  const judging = startJudging({ store, clock: systemClock, onError: () => undefined });
  onTestFinished(() => judging.stop());
  return judging;
}

const status = async () => (await readJudgement(store, new Date())).status;
const owner = async () => (await leases.findOne({ _id: LEASE }))?.owner;

test('a worker waits until the lease of a dead worker has ended, and then judges', async () => {
  const until = new Date(Date.now() + 2_000);
  await leases.insertOne({ _id: LEASE, owner: 'dead', until });
  start();
  await expect.poll(status, WAIT).toBe('ok');
  expect(Date.now()).toBeGreaterThan(until.getTime());
  expect(await owner()).not.toBe('dead');
});

test('one of two workers judges; when it stops, the other worker takes over', async () => {
  const first = start();
  await expect.poll(status, WAIT).toBe('ok');
  const firstOwner = await owner();
  start();
  const renewed = (await leases.findOne({ _id: LEASE }))?.until ?? new Date();
  const until = async () => (await leases.findOne({ _id: LEASE }))?.until.getTime();
  await expect.poll(until, WAIT).toBeGreaterThan(renewed.getTime());
  expect(await owner()).toBe(firstOwner);
  await first.stop();
  await expect.poll(owner, WAIT).toBeDefined();
  expect(await owner()).not.toBe(firstOwner);
});
