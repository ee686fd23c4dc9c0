import { setImmediate } from 'node:timers/promises';
import { expect, onTestFinished, test, vi } from 'vitest';
import type { Invoice } from './csv/invoices.ts';
import { DoneSet } from './progress/done-set.ts';
import type { InvoiceResult } from './progress/tally.ts';
import { replayInvoices } from './replay-invoices.ts';

const MINUTE = 60_000;
const PLACED: InvoiceResult = { kind: 'placed', confirmed: 1, unconfirmed: 0, refusals: [] };

/** Invoices a minute apart. */
async function* invoices(count: number): AsyncGenerator<Invoice> {
  for (let index = 0; index < count; index += 1) {
    const at = index * MINUTE;
    yield { index, id: `i${index}`, at, buyerId: 'b', units: new Map(), rows: 1 };
  }
}

const defaults = {
  speed: 'max' as const,
  concurrency: 4,
  signal: new AbortController().signal,
  onEnd: () => undefined,
};

test('replays each unfinished invoice once, within the concurrency limit', async () => {
  const done = new DoneSet({ before: 2, beyond: [5] });
  const played: number[] = [];
  let inProgress = 0;
  let inProgressMax = 0;
  const playOne = async ({ index }: Invoice) => {
    played.push(index);
    inProgress += 1;
    inProgressMax = Math.max(inProgressMax, inProgress);
    for (let turns = 0; turns <= index % 3; turns += 1) await setImmediate();
    inProgress -= 1;
    return PLACED;
  };
  await replayInvoices(invoices(30), { ...defaults, done, playOne });
  const expected = Array.from({ length: 30 }, (_, index) => index);
  expect(played).toEqual(expected.filter((index) => index >= 2 && index !== 5));
  expect(inProgressMax).toBe(4);
  expect(done.count).toBe(30);
});

test('an interruption finishes the invoices in progress and marks them as done', async () => {
  const done = new DoneSet();
  const interrupting = new AbortController();
  const endedIndexes: number[] = [];
  const playOne = async ({ index }: Invoice) => {
    if (index === 6) interrupting.abort();
    await setImmediate();
    return PLACED;
  };
  const onEnd = ({ index }: Invoice) => endedIndexes.push(index);
  const { signal } = interrupting;
  await replayInvoices(invoices(1_000), { ...defaults, done, signal, playOne, onEnd });
  expect(done.count).toBe(7);
  expect(endedIndexes).toHaveLength(7);
});

test('a failing invoice is not marked as done, and the replay ends after the invoices in progress', async () => {
  const done = new DoneSet();
  const playOne = async ({ index }: Invoice) => {
    await setImmediate();
    if (index === 3) throw new Error('the system does not respond');
    await setImmediate();
    return PLACED;
  };
  const playing = replayInvoices(invoices(1_000), { ...defaults, done, playOne });
  await expect(playing).rejects.toThrow('the system does not respond');
  expect(done.has(3)).toBe(false);
  expect(done.has(2)).toBe(true);
  expect(done.count).toBeLessThan(10);
});

test('with a speed, each invoice starts when it is due and its delay is reported', async () => {
  vi.useFakeTimers();
  onTestFinished(() => void vi.useRealTimers());
  const startedAfter: number[] = [];
  const delays: number[] = [];
  const startedAt = Date.now();
  const playOne = async () => {
    startedAfter.push(Date.now() - startedAt);
    return PLACED;
  };
  const onLate = (ms: number) => delays.push(ms);
  const done = new DoneSet({ before: 1, beyond: [] });
  const playing = replayInvoices(invoices(4), { ...defaults, speed: 10, done, playOne, onLate });
  await vi.advanceTimersByTimeAsync(20_000);
  await playing;
  expect(startedAfter).toEqual([0, 6_000, 12_000]);
  expect(delays).toEqual([0, 0, 0]);
});
