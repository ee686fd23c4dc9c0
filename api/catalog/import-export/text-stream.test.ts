import { expect, test, vi } from 'vitest';
import { textStream } from './text-stream.ts';

const LONG_MS = 60_000;

function source(pieces: number, fails = false) {
  const ended = vi.fn();
  async function* generate() {
    try {
      for (let piece = 0; piece < pieces; piece += 1) yield `${piece};`;
      if (fails) throw new Error('MongoDB does not answer');
    } finally {
      ended();
    }
  }
  return { pieces: generate(), ended };
}

test('all pieces arrive, and then the stream ends', async () => {
  const { pieces, ended } = source(3);
  const onEnd = vi.fn();
  const stream = textStream(pieces, { timeoutMs: LONG_MS, onEnd });
  expect(await new Response(stream).text()).toBe('0;1;2;');
  expect(ended).toHaveBeenCalledOnce();
  await expect.poll(() => onEnd.mock.calls).toEqual([[undefined]]);
});

test('an error in the middle breaks the stream off', async () => {
  const { pieces } = source(2, true);
  const onEnd = vi.fn();
  const stream = textStream(pieces, { timeoutMs: LONG_MS, onEnd });
  await expect(new Response(stream).text()).rejects.toThrow('MongoDB does not answer');
  await expect.poll(() => onEnd.mock.calls).toEqual([[expect.any(Error)]]);
});

test('no piece is generated after the client has disconnected', async () => {
  const { pieces, ended } = source(1_000_000);
  const onEnd = vi.fn();
  const reader = textStream(pieces, { timeoutMs: LONG_MS, onEnd }).getReader();
  await reader.read();
  await reader.cancel();
  expect(ended).toHaveBeenCalledOnce();
  expect(onEnd).toHaveBeenCalledExactlyOnceWith(undefined);
});

test('a stream that is not read in time breaks off', async () => {
  const { pieces, ended } = source(1_000_000);
  const onEnd = vi.fn();
  const stream = textStream(pieces, { timeoutMs: 50, onEnd });
  await expect.poll(() => ended.mock.calls.length).toBe(1);
  await expect(stream.getReader().read()).rejects.toThrow('sending');
  expect(onEnd).toHaveBeenCalledExactlyOnceWith(expect.any(Error));
});
