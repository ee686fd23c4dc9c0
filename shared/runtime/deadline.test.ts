import { getEventListeners } from 'node:events';
import { expect, test } from 'vitest';
import { DeadlineError, pause, untilAborted, withDeadline } from './deadline.ts';

const NEVER_MS = 3_600_000;

test('work that ends in time returns its result or throws its error', async () => {
  await expect(withDeadline('work', NEVER_MS, Promise.resolve(7))).resolves.toBe(7);
  const failing = Promise.reject(new Error('broken'));
  await expect(withDeadline('work', NEVER_MS, failing)).rejects.toThrow('broken');
});

test('work that takes too long is abandoned with an error that names it, and its later failure is ignored', async () => {
  let fail = (_: Error) => {};
  const work = new Promise<never>((_, reject) => {
    fail = reject;
  });
  const result = withDeadline('a slow thing', 5, work);
  await expect(result).rejects.toThrow(DeadlineError);
  await expect(result).rejects.toThrow('a slow thing did not end within 5 ms');
  // vitest fails the run on an unhandled rejection.
  fail(new Error('too late'));
  await new Promise(setImmediate);
});

test('work and pauses that have ended leave no timer', async () => {
  const before = activeTimers();
  await withDeadline('work', NEVER_MS, Promise.resolve());
  await withDeadline('work', NEVER_MS, Promise.reject(new Error())).catch(() => undefined);
  const stopping = new AbortController();
  const pausing = pause(NEVER_MS, stopping.signal);
  stopping.abort();
  await pausing;
  expect(activeTimers()).toBe(before);
});

test('untilAborted awaits work until the signal is aborted, and removes its listener when work ends', async () => {
  const stopping = new AbortController();
  const { signal } = stopping;
  await expect(untilAborted(signal, Promise.resolve(7))).resolves.toBe(7);
  await expect(untilAborted(signal, Promise.reject(new Error('broken')))).rejects.toThrow('broken');
  expect(getEventListeners(signal, 'abort')).toEqual([]);
  let fail = (_: Error) => {};
  const work = new Promise<never>((_, reject) => {
    fail = reject;
  });
  const result = untilAborted(signal, work);
  stopping.abort(new Error('not ours any more'));
  await expect(result).rejects.toThrow('not ours any more');
  await expect(untilAborted(signal, work)).rejects.toThrow('not ours any more');
  fail(new Error('too late'));
  await new Promise(setImmediate);
});

test('a pause ends by itself or with its signal, and removes its listener', async () => {
  const stopping = new AbortController();
  await pause(1, stopping.signal);
  expect(getEventListeners(stopping.signal, 'abort')).toEqual([]);
  const long = pause(NEVER_MS, stopping.signal);
  stopping.abort();
  await long;
  await pause(NEVER_MS, stopping.signal);
  expect(getEventListeners(stopping.signal, 'abort')).toEqual([]);
});

function activeTimers(): number {
  return process.getActiveResourcesInfo().filter((name) => name === 'Timeout').length;
}
