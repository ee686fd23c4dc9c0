import { expect, onTestFinished, test, vi } from 'vitest';
import { pause } from '../../shared/runtime/deadline.ts';
import { HealthMonitor } from './health-monitor.ts';
import type { Health } from './read-health.ts';

/** A result with problems that is older than this is checked again. */
const FRESH_MS = 500;
const READY: Health = { status: 'ready', problems: [] };
const READ_ONLY: Health = { status: 'degraded', problems: [{ part: 'redis', code: 'read_only' }] };

function monitor(read: () => Promise<Health>): HealthMonitor {
  const health = new HealthMonitor(read);
  onTestFinished(() => void health.stop());
  return health;
}

test('a good result is returned without another check', async () => {
  const read = vi.fn(async () => READY);
  const health = monitor(read);
  for (let call = 0; call < 100; call += 1) expect(await health.current()).toBe(READY);
  expect(read).toHaveBeenCalledTimes(1);
});

test('a bad result is checked again, by one check at a time', async () => {
  const read = vi.fn(async () => READ_ONLY);
  const health = monitor(read);
  expect(await health.current()).toBe(READ_ONLY);
  read.mockImplementation(async () => READY);
  await vi.waitFor(async () => expect(await health.current()).toBe(READY));
  expect(read).toHaveBeenCalledTimes(2);
});

test('a check that hangs delays callers only for a moment; they get the last result', async () => {
  const read = vi.fn(async () => READ_ONLY);
  const health = monitor(read);
  await health.current();
  read.mockImplementation(() => new Promise(() => undefined));
  await pause(FRESH_MS + 50);
  const answers = await Promise.all(Array.from({ length: 50 }, () => health.current()));
  expect(new Set(answers)).toEqual(new Set([READ_ONLY]));
  expect(read).toHaveBeenCalledTimes(2);
});

test('the system is unavailable until the first check has ended', async () => {
  const health = monitor(() => new Promise(() => undefined));
  expect((await health.current()).status).toBe('unavailable');
});
