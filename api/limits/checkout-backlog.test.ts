import { expect, onTestFinished, test, vi } from 'vitest';
import type { QueuedCheckouts } from '../../shared/store/read-backlog.ts';
import { CheckoutBacklog } from './checkout-backlog.ts';

const WAITING_MAX = 1_000;
const WAIT_MS_MAX = 60_000;
const PATIENCE = { timeout: 10_000 };
const OLD = WAIT_MS_MAX + 1;

/**
 * Creates a backlog that has been counted. `settleEverySecond` settles `counts[n]` checkouts in
 * second n, after a wait of `waitMs`.
 */
async function givenBacklog(
  counted: QueuedCheckouts,
  options: { read?: () => Promise<QueuedCheckouts> } = {},
) {
  const clock = { ms: 0 };
  const read = vi.fn(options.read ?? (async () => counted));
  const backlog = new CheckoutBacklog({
    waitingMax: WAITING_MAX,
    waitMsMax: WAIT_MS_MAX,
    read,
    now: () => clock.ms,
  });
  onTestFinished(() => backlog.stop());
  await vi.waitFor(() => expect(backlog.waiting).toBe(counted.waiting), PATIENCE);
  const settleEverySecond = (counts: readonly number[], waitMs = OLD) => {
    for (const count of counts) {
      backlog.settled(count, waitMs);
      clock.ms += 1_000;
    }
  };
  return { backlog, settleEverySecond };
}

test('checkouts are refused as soon as `waitingMax` checkouts wait', async () => {
  const { backlog } = await givenBacklog({ waiting: WAITING_MAX - 2, oldestMs: 0 });
  backlog.stored();
  expect(backlog.refusal()).toBeUndefined();
  backlog.stored();
  expect(backlog.refusal()).toMatchObject({
    code: 'overloaded',
    extra: { reason: 'checkouts_waiting', retryAfterS: 10 },
  });
});

test('checkouts are accepted again as soon as workers have settled one checkout', async () => {
  const { backlog } = await givenBacklog({ waiting: WAITING_MAX, oldestMs: 0 });
  expect(backlog.refusal()).toBeDefined();
  backlog.settled(1, 0);
  expect(backlog.refusal()).toBeUndefined();
});

test('while no worker settles, an old backlog that is not full refuses no checkouts', async () => {
  const { backlog } = await givenBacklog({ waiting: WAITING_MAX - 1, oldestMs: 100 * OLD });
  expect(backlog.refusal()).toBeUndefined();
});

test('while workers settle, checkouts are refused if the backlog cannot be settled in time', async () => {
  const { backlog, settleEverySecond } = await givenBacklog({ waiting: 703, oldestMs: OLD });
  settleEverySecond([1, 1, 1]);
  expect(backlog.refusal()).toMatchObject({
    extra: { reason: 'checkouts_wait_too_long', retryAfterS: 60 },
  });
});

test.each([
  ['that will be settled in time', { waiting: 703, oldestMs: OLD }, [12, 12, 12]],
  ['that is not old', { waiting: 703, oldestMs: OLD - 1 }, [1, 1, 1]],
  ['whose workers began to settle two seconds ago', { waiting: 703, oldestMs: OLD }, [1, 1]],
])('a backlog %s refuses no checkouts', async (_what, counted, settled) => {
  const { backlog, settleEverySecond } = await givenBacklog(counted);
  settleEverySecond(settled);
  expect(backlog.refusal()).toBeUndefined();
});

test('a partition that is not settled does not refuse the checkouts of others', async () => {
  const { backlog, settleEverySecond } = await givenBacklog({ waiting: 703, oldestMs: 5 * OLD });
  settleEverySecond([1, 1, 1], WAIT_MS_MAX);
  expect(backlog.refusal()).toBeUndefined();
});

test('Retry-After is the time until workers have freed 5 % of the limit', async () => {
  const { backlog, settleEverySecond } = await givenBacklog({ waiting: 1_030, oldestMs: 0 });
  settleEverySecond([10, 10, 10]);
  // 50 of 1,000 must be free again: 5 s at 10 a second.
  expect(backlog.refusal()).toMatchObject({ extra: { retryAfterS: 5 } });
});

test('the last count is kept while MongoDB does not answer', async () => {
  let isDown = false;
  const read = vi.fn(async () => {
    if (isDown) throw new Error('down');
    return { waiting: WAITING_MAX, oldestMs: 0 };
  });
  const { backlog } = await givenBacklog({ waiting: WAITING_MAX, oldestMs: 0 }, { read });
  isDown = true;
  const reads = read.mock.calls.length;
  await vi.waitFor(() => expect(read.mock.calls.length).toBeGreaterThan(reads), PATIENCE);
  expect(backlog.refusal()).toBeDefined();
});
