import { expect, test } from 'vitest';
import type { KnownProcess } from '../../shared/store/heartbeat.ts';
import { toWorkerStates } from './worker-state.ts';

const DAY_MS = 86_400_000;
const worker = (changes: Partial<KnownProcess> = {}): KnownProcess => ({
  _id: 'prc_1',
  host: 'host',
  pid: 1,
  startedAgoMs: DAY_MS,
  seenAgoMs: 500,
  ...changes,
});
const idle = worker({ takenAgoMs: 60_000 });
const busy = worker({ takenAgoMs: 1_000 });
const oldBacklog = (waiting: number) => ({ waiting, oldestMs: 30_000 });

test.each([
  ['a worker with heartbeats is working, even if it never had work', worker(), 'working'],
  [
    'a worker whose last heartbeat is more than 8 s old is silent',
    worker({ seenAgoMs: 8_001 }),
    'silent',
  ],
  ['a worker that cannot use Redis is failing', worker({ redisTrouble: 'read_only' }), 'failing'],
  [
    'a silent worker that cannot use Redis is silent',
    worker({ seenAgoMs: 9_000, redisTrouble: 'full' }),
    'silent',
  ],
])('%s', (_, process, state) => {
  expect(toWorkerStates([process], { waiting: 0, oldestMs: 0 })).toEqual([state]);
});

test('a worker that takes nothing is stuck if the oldest checkout is known to have waited too long', () => {
  expect(toWorkerStates([idle], oldBacklog(1))).toEqual(['stuck']);
  expect(toWorkerStates([worker()], oldBacklog(1))).toEqual(['stuck']);
  expect(toWorkerStates([idle], { waiting: 1, oldestMs: 9_000 })).toEqual(['working']);
  expect(toWorkerStates([idle], undefined)).toEqual(['working']);
  expect(toWorkerStates([busy], oldBacklog(10_000))).toEqual(['working']);
});

test('a worker that has just started is not stuck yet', () => {
  expect(toWorkerStates([worker({ startedAgoMs: 5_000 })], oldBacklog(9))).toEqual(['working']);
});

test('a worker that takes nothing because it still commits its batch is working', () => {
  const full = worker({ takenAgoMs: 60_000, committedAgoMs: 100 });
  expect(toWorkerStates([full], oldBacklog(30_000))).toEqual(['working']);
});

test('a standby is not stuck', () => {
  const standby = worker({ isStandby: true });
  expect(toWorkerStates([standby, busy], oldBacklog(30_000))).toEqual(['working', 'working']);
  expect(toWorkerStates([standby, idle], oldBacklog(1))).toEqual(['working', 'stuck']);
});

test('only the worker that settles the partition of the oldest checkout is stuck', () => {
  const backlog = { ...oldBacklog(9), partition: 1 };
  const idleWith = (...partitions: number[]) => worker({ takenAgoMs: 60_000, partitions });
  expect(toWorkerStates([idleWith(0, 2), idleWith(1, 3)], backlog)).toEqual(['working', 'stuck']);
  expect(toWorkerStates([idle], backlog)).toEqual(['stuck']);
});

test('the time since the last heartbeat is not counted as idle', () => {
  const late = worker({ seenAgoMs: 7_000, takenAgoMs: 12_000 });
  expect(toWorkerStates([late], oldBacklog(9))).toEqual(['working']);
});
