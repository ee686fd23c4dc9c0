import { expect, test } from 'vitest';
import type { CheckoutJob } from './read-jobs.ts';
import { toWaterfall } from './waterfall.ts';

const at = (ms: number) => new Date(1_800_000_000_000 + ms);
const TIMES = { receivedAt: at(0), acceptedAt: at(5), pickedUpAt: at(20), settledAt: at(60) };
const EVENT = { _id: 'evt_1', at: at(60), relayedAt: at(90) };
const JOB: CheckoutJob = { id: 'chk_1.0', state: 'completed', attempts: 1, addedAt: at(6) };

/** Returns the stages with their times, relative to the request. */
function stages(job: Partial<CheckoutJob>, times: Partial<typeof TIMES> = TIMES) {
  const checkout = { receivedAt: at(0), acceptedAt: at(5), ...times };
  const jobs = [{ ...JOB, ...job }];
  const { settledAt } = times;
  const event = settledAt && { event: EVENT };
  return toWaterfall(checkout, { jobs, deliveries: [], ...event }).map(({ stage, from, to }) => [
    stage,
    from.getTime() - at(0).getTime(),
    to && to.getTime() - at(0).getTime(),
  ]);
}

test('a job’s result has the times of the locks and the commit', () => {
  expect(stages({ lockMs: 30, commitMs: 12 })).toEqual([
    ['request', 0, 5],
    ['queued', 5, 20],
    ['lock', 20, 50],
    ['settling', 50, 60],
    ['commit', 60, 72],
    ['event', 60, 90],
  ]);
});

test('without the job’s result, settling includes the locks, and the relay shows the commit', () => {
  expect(stages({})).toEqual([
    ['request', 0, 5],
    ['queued', 5, 20],
    ['settling', 20, 60],
    ['commit', 60, 90],
    ['event', 60, 90],
  ]);
});

test('a wait for locks ends before the decision, even after rounding', () => {
  const rounded = stages({ lockMs: 41, commitMs: 1 });
  expect(rounded.slice(2, 4)).toEqual([
    ['lock', 20, 60],
    ['settling', 60, 60],
  ]);
});

test('the current stage of a checkout that is being settled has no end', () => {
  expect(stages({}, { pickedUpAt: at(20) })).toEqual([
    ['request', 0, 5],
    ['queued', 5, 20],
    ['settling', 20, undefined],
  ]);
});
