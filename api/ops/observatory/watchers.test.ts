import { expect, test, vi } from 'vitest';
import { Watchers } from './watchers.ts';

const frame = (text: string) => new TextEncoder().encode(text);
const text = (bytes: Uint8Array | undefined) => new TextDecoder().decode(bytes);
const connection = (isAdmitted = async () => true) => ({ cut: vi.fn(), isAdmitted });

test('each watcher gets its own first frame, then the same bytes as all other watchers', async () => {
  const watchers = new Watchers(() => undefined);
  const first = watchers.open(frame('hello first'), connection()).getReader();
  const second = watchers.open(frame('hello second'), connection()).getReader();
  const shared = frame('figures');
  await watchers.send(shared);
  expect(text((await first.read()).value)).toBe('hello first');
  expect(text((await second.read()).value)).toBe('hello second');
  expect((await first.read()).value).toBe(shared);
  expect((await second.read()).value).toBe(shared);
});

test('a watcher that does not read is cut off at half a megabyte; others are not', async () => {
  const watchers = new Watchers(() => undefined);
  const [slow, fast] = [connection(), connection()];
  watchers.open(frame(''), slow);
  const reader = watchers.open(frame(''), fast).getReader();
  await reader.read();
  const large = new Uint8Array(64 * 1_024);
  for (let sent = 0; sent < 20; sent += 1) {
    await watchers.send(large);
    expect((await reader.read()).value).toBe(large);
    expect(slow.cut).toHaveBeenCalledTimes(sent < 8 ? 0 : 1);
  }
  expect(fast.cut).not.toHaveBeenCalled();
  expect(watchers.count).toBe(1);
});

test('a watcher whose login has ended gets no further frame and is cut off', async () => {
  const watchers = new Watchers(() => undefined);
  let answer: () => Promise<boolean> = async () => true;
  const [removed, kept] = [connection(() => answer()), connection()];
  const reader = watchers.open(frame('hello'), removed).getReader();
  watchers.open(frame('hello'), kept);
  await reader.read();
  answer = () => Promise.reject(new Error('MongoDB does not answer'));
  await watchers.send(frame('missed'));
  answer = async () => true;
  await watchers.send(frame('seen'));
  expect(text((await reader.read()).value)).toBe('seen');
  expect(removed.cut).not.toHaveBeenCalled();
  answer = async () => false;
  await watchers.send(frame('not seen'));
  expect(removed.cut).toHaveBeenCalledTimes(1);
  expect([kept.cut.mock.calls.length, watchers.count]).toEqual([0, 1]);
});

test('onEmpty is called once, when the last watcher has left', async () => {
  const onEmpty = vi.fn();
  const watchers = new Watchers(onEmpty);
  const first = watchers.open(frame(''), connection());
  const second = watchers.open(frame(''), connection());
  await first.cancel();
  expect(onEmpty).not.toHaveBeenCalled();
  await second.cancel();
  expect(onEmpty).toHaveBeenCalledTimes(1);
});

test('a stream ends after 15 minutes, and `end` ends all streams', async () => {
  vi.useFakeTimers({ toFake: ['performance'] });
  try {
    const watchers = new Watchers(() => undefined);
    const old = watchers.open(frame(''), connection()).getReader();
    vi.advanceTimersByTime(15 * 60 * 1_000);
    const newer = watchers.open(frame(''), connection()).getReader();
    await Promise.all([old.read(), newer.read()]);
    await watchers.send(frame('figures'));
    expect((await old.read()).done).toBe(true);
    expect((await newer.read()).done).toBe(false);
    watchers.end();
    expect((await newer.read()).done).toBe(true);
    expect(watchers.count).toBe(0);
  } finally {
    vi.useRealTimers();
  }
});

test('more than a hundred watchers of one process are refused', () => {
  const watchers = new Watchers(() => undefined);
  for (let count = 0; count < 100; count += 1) watchers.open(frame(''), connection());
  expect(() => watchers.open(frame(''), connection())).toThrow(
    expect.objectContaining({ code: 'too_many_waits' }),
  );
});
