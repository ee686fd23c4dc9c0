import { expect, onTestFinished, test, vi } from 'vitest';
import type { Exit } from '../../shared/services/processes/spawn-service.ts';
import { type Running, supervise } from './supervise.ts';

/** A stand-in for a process, which ends on request. */
function fakeProcess(pid: number) {
  const { promise: exited, resolve } = Promise.withResolvers<Exit>();
  const stop = vi.fn(async () => resolve({ code: 0, signal: null }));
  return { running: { pid, exited, stop }, die: () => resolve({ code: null, signal: 'SIGKILL' }) };
}

function supervised(
  start: (signal: AbortSignal) => Promise<Running>,
  options: { countsAsFailure?: () => Promise<boolean> } = {},
) {
  const first = fakeProcess(1);
  const onRestart = vi.fn(async () => undefined);
  const onGiveUp = vi.fn();
  const plan = {
    name: 'thing',
    first: first.running,
    start,
    onRestart,
    onGiveUp,
    log: () => {},
    ...options,
  };
  return { first, onRestart, onGiveUp, process: supervise(plan) };
}

test('a process that dies is started again and the change is reported', async () => {
  const second = fakeProcess(2);
  const { first, onRestart, process } = supervised(async () => second.running);
  expect(process.pids()).toEqual([1]);
  first.die();
  await vi.waitFor(() => expect(onRestart).toHaveBeenCalledOnce());
  expect(process.pids()).toEqual([2]);
  await process.stop();
  expect(second.running.stop).toHaveBeenCalled();
});

test('a start that fails is tried again', async () => {
  const second = fakeProcess(2);
  const start = vi.fn(async () => second.running);
  start.mockRejectedValueOnce(new Error('not yet')).mockRejectedValueOnce(new Error('not yet'));
  const { first, onRestart, onGiveUp, process } = supervised(start);
  first.die();
  await vi.waitFor(() => expect(onRestart).toHaveBeenCalled(), { timeout: 5_000 });
  expect(start).toHaveBeenCalledTimes(3);
  expect(onGiveUp).not.toHaveBeenCalled();
  await process.stop();
});

test('a stopped process is not started again', async () => {
  const start = vi.fn(async () => fakeProcess(2).running);
  const { first, process } = supervised(start);
  await process.stop(1_000);
  expect(first.running.stop).toHaveBeenCalledWith(1_000);
  expect(start).not.toHaveBeenCalled();
});

test('a stop during the wait before a restart ends the wait at once', async () => {
  const start = vi.fn(() => Promise.reject(new Error('not yet')));
  const { first, process, onGiveUp } = supervised(start);
  first.die();
  await vi.waitFor(() => expect(start).toHaveBeenCalled());
  await process.stop();
  expect(process.pids()).toEqual([]);
  expect(onGiveUp).not.toHaveBeenCalled();
});

test('a stop during a restart ends the new process', async () => {
  const second = fakeProcess(2);
  const { promise: isUp, resolve: comeUp } = Promise.withResolvers<Running>();
  const start = vi.fn(() => isUp);
  const { first, process } = supervised(start);
  first.die();
  await vi.waitFor(() => expect(start).toHaveBeenCalled());
  const stopped = process.stop();
  comeUp(second.running);
  await stopped;
  expect(second.running.stop).toHaveBeenCalled();
});

test('an error of onRestart ends no process', async () => {
  const [second, third] = [fakeProcess(2), fakeProcess(3)];
  const start = vi.fn(async () => third.running).mockResolvedValueOnce(second.running);
  const { first, onRestart, onGiveUp, process } = supervised(start);
  onRestart.mockRejectedValue(new Error('ENOSPC'));
  first.die();
  await vi.waitFor(() => expect(process.pids()).toEqual([2]));
  second.die();
  await vi.waitFor(() => expect(process.pids()).toEqual([3]));
  expect(onGiveUp).not.toHaveBeenCalled();
  await process.stop();
});

test.each([
  { countsAsFailure: true, gaveUp: 1 },
  { countsAsFailure: false, gaveUp: 0 },
])(
  'the supervisor gives up $gaveUp times after 20 failed starts with countsAsFailure $countsAsFailure',
  async (expected) => {
    vi.useFakeTimers();
    onTestFinished(() => void vi.useRealTimers());
    const start = vi.fn(() => Promise.reject(new Error('no room')));
    const countsAsFailure = async () => expected.countsAsFailure;
    const { first, onGiveUp, process } = supervised(start, { countsAsFailure });
    first.die();
    await vi.advanceTimersByTimeAsync(200_000);
    expect(onGiveUp).toHaveBeenCalledTimes(expected.gaveUp);
    expect(start.mock.calls.length).toBeGreaterThanOrEqual(20);
    await process.stop();
  },
);
