import { expect, test } from 'vitest';
import { pause } from './deadline.ts';
import { retryOnConflict } from './retry-on-conflict.ts';

/** A write that conflicts this many times and then returns the number of attempts. */
function conflictingWrite(conflicts: number) {
  const write = async () => {
    write.tries += 1;
    return write.tries > conflicts ? write.tries : undefined;
  };
  write.tries = 0;
  return write;
}

test('a write is tried again until no other write interferes', async () => {
  expect(await retryOnConflict({ triesMax: 5, pauseMsMax: 1 }, conflictingWrite(0))).toBe(1);
  expect(await retryOnConflict({ triesMax: 5, pauseMsMax: 1 }, conflictingWrite(4))).toBe(5);
});

test('a write is given up after its last try', async () => {
  const write = conflictingWrite(5);
  expect(await retryOnConflict({ triesMax: 5 }, write)).toBeUndefined();
  expect(write.tries).toBe(5);
});

test('no try begins after the timeout', async () => {
  const write = conflictingWrite(100);
  const slow = async () => {
    await pause(30);
    return write();
  };
  expect(await retryOnConflict({ triesMax: 100, timeoutMs: 10 }, slow)).toBeUndefined();
  expect(write.tries).toBe(1);
});

test('an error ends the tries', async () => {
  const failing = () => Promise.reject(new Error('refused'));
  await expect(retryOnConflict({ triesMax: 5 }, failing)).rejects.toThrow('refused');
});
