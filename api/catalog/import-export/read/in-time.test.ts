import { expect, test, vi } from 'vitest';
import { inTime } from './in-time.ts';

const SOON_MS = 60;

async function collect<T>(chunks: AsyncIterable<T>): Promise<T[]> {
  const collected: T[] = [];
  for await (const chunk of chunks) collected.push(chunk);
  return collected;
}

test('chunks that arrive in time are passed on', async () => {
  async function* chunks() {
    yield 1;
    yield 2;
  }
  expect(await collect(inTime(chunks(), performance.now() + 10_000))).toEqual([1, 2]);
});

test.each([
  ['sends nothing', () => new Promise<never>(() => undefined)],
  ['disconnects', () => Promise.reject(new Error('aborted'))],
])('if the sender %s, the upload is refused', async (_, next) => {
  const chunks = { [Symbol.asyncIterator]: () => ({ next }) };
  const reading = collect(inTime(chunks, performance.now() + SOON_MS));
  await expect(reading).rejects.toMatchObject({ code: 'upload_incomplete' });
});

test('an endless upload is refused when its time is over', async () => {
  const ended = vi.fn();
  async function* chunks() {
    try {
      for (;;) yield await new Promise((resolve) => setTimeout(resolve, 5));
    } finally {
      ended();
    }
  }
  const reading = collect(inTime(chunks(), performance.now() + SOON_MS));
  await expect(reading).rejects.toMatchObject({ code: 'upload_incomplete' });
  await expect.poll(() => ended.mock.calls.length).toBe(1);
});
