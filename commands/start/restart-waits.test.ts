import { expect, test } from 'vitest';
import { afterEnd, type Backoff, type End, freshBackoff } from './supervise.ts';

function waitsAfter(ends: End[]): (number | undefined)[] {
  let state: Backoff | undefined = freshBackoff;
  return ends.map((end) => {
    state = state && afterEnd(state, end);
    return state?.waitMs;
  });
}

const early: End = { livedMs: 500, isFailedStart: false };
const neverReady: End = { livedMs: 0, isFailedStart: true };
const steady: End = { livedMs: 30_000, isFailedStart: false };

test('waits double from 100 ms to 5 s', () => {
  const waits = waitsAfter(Array.from({ length: 8 }, () => early));
  expect(waits).toEqual([100, 200, 400, 800, 1600, 3200, 5000, 5000]);
});

test('a run of 30 s resets the wait', () => {
  expect(waitsAfter([early, early, early, steady, early])).toEqual([100, 200, 400, 100, 200]);
});

test('the supervisor gives up after 20 starts in a row that did not become ready', () => {
  const waits = waitsAfter(Array.from({ length: 20 }, () => neverReady));
  expect(waits.slice(0, 19).every((wait) => wait !== undefined)).toBe(true);
  expect(waits[19]).toBeUndefined();
});

test('a start that became ready resets the count of failed starts', () => {
  const many = Array.from({ length: 19 }, () => neverReady);
  expect(waitsAfter([...many, early, ...many]).at(-1)).toBe(5000);
});
