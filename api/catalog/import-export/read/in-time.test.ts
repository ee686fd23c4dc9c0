import { expect, test, vi } from 'vitest';
import { inTime } from './in-time.ts';

const SOON_MS = 60;

async function collect<T>(chunks: AsyncIterable<T>): Promise<T[]> {
  const found: T[] = [];
  for await (const chunk of chunks) found.push(chunk);
  return found;
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
])('a sender that %s is given up', async (_, next) => {
  const chunks = { [Symbol.asyncIterator]: () => ({ next }) };
  const reading = collect(inTime(chunks, performance.now() + SOON_MS));
  await expect(reading).rejects.toMatchObject({ code: 'upload_incomplete' });
});

test('an endless sender is refused when its time is over', async () => {
  const left = vi.fn();
  async function* chunks() {
    try {
      for (;;) yield await new Promise((resolve) => setTimeout(resolve, 5));
    } finally {
      left();
    }
  }
  const reading = collect(inTime(chunks(), performance.now() + SOON_MS));
  await expect(reading).rejects.toMatchObject({ code: 'upload_incomplete' });
  await expect.poll(() => left.mock.calls.length).toBe(1);
});
