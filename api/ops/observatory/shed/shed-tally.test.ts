import { expect, test } from 'vitest';
import { ShedTally } from './shed-tally.ts';

const START = Date.UTC(2030, 0, 1);

function heartbeat(_id: string, second: number, shed: Readonly<Record<string, number>>) {
  return { _id, seenAt: new Date(START + second * 1_000), shed };
}

test('nothing is known until a process has sent two heartbeats', () => {
  const tally = new ShedTally();
  expect(tally.figures()).toBeNull();
  tally.add([heartbeat('one', 0, { queue_full: 7 })]);
  tally.add([heartbeat('one', 0, { queue_full: 7 })]);
  expect(tally.figures()).toBeNull();
  tally.add([heartbeat('one', 2, { queue_full: 7 })]);
  expect(tally.figures()).toEqual({ perSecond: 0, lastMinute: {} });
});

test('the refusals of all processes are summed, with the most frequent reason first', () => {
  const tally = new ShedTally();
  tally.add([heartbeat('one', 0, {}), heartbeat('other', 1, { queue_full: 4 })]);
  tally.add([
    heartbeat('one', 2, { queue_full: 6 }),
    heartbeat('other', 5, { queue_full: 4, wait: 40 }),
  ]);
  expect(tally.figures()).toEqual({ perSecond: 3 + 10, lastMinute: { wait: 40, queue_full: 6 } });
  expect(Object.keys(tally.figures()?.lastMinute ?? {})).toEqual(['wait', 'queue_full']);
});

test('the rate is calculated from the last two heartbeats, and counts stay for a minute', () => {
  const tally = new ShedTally();
  for (let second = 0; second <= 4; second += 2) {
    tally.add([heartbeat('one', second, { queue_full: Math.min(second, 2) * 50 })]);
  }
  expect(tally.figures()).toEqual({ perSecond: 0, lastMinute: { queue_full: 100 } });
  for (let second = 6; second <= 60; second += 2) {
    tally.add([heartbeat('one', second, { queue_full: 100 })]);
  }
  expect(tally.figures()?.lastMinute).toEqual({ queue_full: 100 });
  tally.add([heartbeat('one', 62, { queue_full: 100 })]);
  expect(tally.figures()?.lastMinute).toEqual({});
});

test('a process that has ended does not count for the rate', () => {
  const tally = new ShedTally();
  tally.add([heartbeat('dead', 0, {}), heartbeat('alive', 0, {})]);
  tally.add([heartbeat('dead', 2, { queue_full: 20 }), heartbeat('alive', 2, {})]);
  expect(tally.figures()?.perSecond).toBe(10);
  for (let second = 4; second <= 12; second += 2) tally.add([heartbeat('alive', second, {})]);
  expect(tally.figures()).toEqual({ perSecond: 0, lastMinute: { queue_full: 20 } });
  for (let second = 14; second <= 64; second += 2) tally.add([heartbeat('alive', second, {})]);
  expect(tally.figures()).toEqual({ perSecond: 0, lastMinute: {} });
});
