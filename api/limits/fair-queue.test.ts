import fc from 'fast-check';
import { expect, test } from 'vitest';
import { QueueFullError } from '../../shared/runtime/group-commit.ts';
import { FairQueue } from './fair-queue.ts';

type Options = ConstructorParameters<typeof FairQueue>[0];

/**
 * Opens a queue. Its work runs until the test calls `endNext`, which ends the oldest running work.
 */
function openQueue(changes: Partial<Options> = {}) {
  const queue = new FairQueue({
    name: 'tests',
    parallelMax: 1,
    laneParallelMax: 1,
    waitingMax: 100,
    laneWaitingMax: 100,
    waitMsMax: 60_000,
    ...changes,
  });
  const started: string[] = [];
  const running: { name: string; end: () => void }[] = [];
  const submit = (lane: string, name = lane) => {
    const result = queue.run(lane, async () => {
      started.push(name);
      await new Promise<void>((end) => running.push({ name, end }));
      return name;
    });
    result.catch(() => undefined);
    return result;
  };
  const endNext = async () => {
    running.shift()?.end();
    await new Promise((resolve) => setImmediate(resolve));
  };
  return { queue, started, running, submit, endNext };
}

test('a lane with a hundred requests delays another lane by one request', async () => {
  const { started, submit, endNext } = openQueue();
  for (let n = 0; n < 100; n += 1) void submit('flood');
  void submit('login');
  await endNext();
  expect(started).toEqual(['flood', 'login']);
});

test('lanes are served round-robin, and the requests of a lane in their order', async () => {
  const { started, submit, endNext } = openQueue();
  for (const n of [1, 2, 3]) void submit('a', `a${n}`);
  for (const n of [1, 2]) void submit('b', `b${n}`);
  void submit('c', 'c1');
  for (let n = 0; n < 6; n += 1) await endNext();
  expect(started).toEqual(['a1', 'b1', 'c1', 'a2', 'b2', 'a3']);
});

test('a full lane refuses only its own caller', async () => {
  const { queue, submit } = openQueue({ laneWaitingMax: 2 });
  for (let n = 0; n < 3; n += 1) void submit('a');
  await expect(submit('a')).rejects.toThrow(QueueFullError);
  void submit('b');
  expect(queue.waitingCount).toBe(3);
});

test('a full queue refuses requests of the longest lane, and drops the last one of that lane for a caller with fewer requests', async () => {
  const { submit, started, endNext } = openQueue({ waitingMax: 4 });
  const [, , , , last] = [1, 2, 3, 4, 5].map((n) => submit('flood', `flood ${n}`));
  void submit('other');
  await expect(last).rejects.toThrow(QueueFullError);
  await expect(submit('flood')).rejects.toThrow(QueueFullError);
  for (let n = 0; n < 5; n += 1) await endNext();
  expect(started).toEqual(['flood 1', 'other', 'flood 2', 'flood 3', 'flood 4']);
});

test('work that has waited too long is refused and not started', async () => {
  // With a limit of -1 ms, any wait is too long.
  const { submit, started, endNext } = openQueue({ waitMsMax: -1 });
  await expect(submit('a')).rejects.toThrow(QueueFullError);
  await endNext();
  expect(started).toEqual([]);
});

test('failing work does not affect other work', async () => {
  const { queue } = openQueue();
  const failing = queue.run('a', () => Promise.reject(new Error('broken')));
  const next = queue.run('a', async () => 'fine');
  await expect(failing).rejects.toThrow('broken');
  expect(await next).toBe('fine');
});

test('for any sequence of requests, running and waiting work stays within its limits, and all work ends', async () => {
  const lanes = fc.array(fc.constantFrom('a', 'b', 'c', 'd'), { maxLength: 60 });
  const bounds = fc.record({
    parallelMax: fc.integer({ min: 1, max: 4 }),
    laneParallelMax: fc.integer({ min: 1, max: 4 }),
    waitingMax: fc.integer({ min: 1, max: 20 }),
    laneWaitingMax: fc.integer({ min: 1, max: 10 }),
  });
  await fc.assert(
    fc.asyncProperty(lanes, bounds, async (sent, limits) => {
      const { queue, running, submit, endNext } = openQueue(limits);
      const results = sent.map((lane, n) => {
        const result = submit(lane, `${lane}${n}`);
        expect(running.length).toBeLessThanOrEqual(limits.parallelMax);
        expect(queue.waitingCount).toBeLessThanOrEqual(limits.waitingMax);
        const ofLane = running.filter(({ name }) => name.startsWith(lane));
        expect(ofLane.length).toBeLessThanOrEqual(limits.laneParallelMax);
        return result;
      });
      while (running.length > 0) await endNext();
      await Promise.allSettled(results);
      expect(queue.waitingCount).toBe(0);
    }),
    { numRuns: 50 },
  );
});
