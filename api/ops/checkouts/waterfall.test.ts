import { describe, expect, test } from 'vitest';
import type { CheckoutJob } from './read-jobs.ts';
import { toWaterfall } from './waterfall.ts';

const at = (ms: number) => new Date(1_800_000_000_000 + ms);
const JOB: CheckoutJob = { id: 'chk_1.0', state: 'completed', attempts: 1, addedAt: at(6) };
const TIMES = { jobId: JOB.id, pickedUpAt: at(20), settledAt: at(60) };

type Checkout = Parameters<typeof toWaterfall>[0];

/** Returns the stages with their times, relative to the request. */
function stages(job: Partial<CheckoutJob>, fields: Partial<Checkout> = TIMES) {
  const times = { receivedAt: at(0), acceptedAt: at(5) };
  const checkout: Checkout = { status: 'placed', ...times, ...fields };
  const { settledAt } = fields;
  const relayedAt = settledAt && new Date(settledAt.getTime() + 30);
  const event = settledAt && relayedAt && { event: { _id: 'evt_1', at: settledAt, relayedAt } };
  const jobs = [{ ...JOB, ...job }];
  return toWaterfall(checkout, { jobs, deliveries: [], ...event }).map(({ stage, from, to }) => [
    stage,
    from.getTime() - at(0).getTime(),
    to && to.getTime() - at(0).getTime(),
  ]);
}

test('the times of the locks and the commit come from the job’s result', () => {
  expect(stages({ lockMs: 30, commitMs: 12 })).toEqual([
    ['request', 0, 5],
    ['queued', 5, 20],
    ['lock', 20, 50],
    ['settling', 50, 60],
    ['commit', 60, 72],
    ['event', 60, 90],
  ]);
});

test('without the job’s result, settling includes the wait for locks, and the commit ends at the relay', () => {
  expect(stages({})).toEqual([
    ['request', 0, 5],
    ['queued', 5, 20],
    ['settling', 20, 60],
    ['commit', 60, 90],
    ['event', 60, 90],
  ]);
});

test('a wait for locks never ends after the decision, even if rounding makes it longer', () => {
  const rounded = stages({ lockMs: 41, commitMs: 1 });
  expect(rounded.slice(2, 4)).toEqual([
    ['lock', 20, 60],
    ['settling', 60, 60],
  ]);
});

const QUEUED = { status: 'queued', jobId: JOB.id } as const;

test('the current stage of a checkout has no end', () => {
  expect(stages({}, QUEUED)).toEqual([
    ['request', 0, 5],
    ['queued', 5, undefined],
  ]);
});

describe('a wait for units', () => {
  const WAITING = { status: 'waiting', pickedUpAt: at(20), waitingSince: at(50) } as const;
  const WAITED = { ...WAITING, status: 'placed', settledAt: at(600_000) } as const;

  test('is a stage between the settling and the outcome', () => {
    expect(stages({ lockMs: 25, commitMs: 12 }, WAITED)).toEqual([
      ['request', 0, 5],
      ['queued', 5, 20],
      ['lock', 20, 45],
      ['settling', 45, 50],
      ['waiting', 50, 600_000],
      ['commit', 600_000, 600_030],
      ['event', 600_000, 600_030],
    ]);
  });

  test('has no end while it lasts', () => {
    expect(stages({}, WAITING).slice(2)).toEqual([
      ['settling', 20, 50],
      ['waiting', 50, undefined],
    ]);
  });

  test('from before a replay is not shown', () => {
    expect(stages({}, { ...WAITING, ...QUEUED }).slice(1)).toEqual([['queued', 5, undefined]]);
    const placed = { waitingSince: at(50), pickedUpAt: at(700), settledAt: at(710) };
    expect(stages({}, placed).slice(1, 3)).toEqual([
      ['queued', 5, 700],
      ['settling', 700, 710],
    ]);
  });
});

test('an entry of a draw has the draw as a stage, from its acceptance until its outcome', () => {
  const entry = { drawId: 'drw_1', status: 'waiting' } as const;
  expect(stages({}, entry)).toEqual([
    ['request', 0, 5],
    ['draw', 5, undefined],
  ]);
  const times = { pickedUpAt: at(9_000), settledAt: at(9_000) };
  expect(stages({}, { ...entry, ...times, status: 'placed' })).toEqual([
    ['request', 0, 5],
    ['draw', 5, 9_000],
    ['commit', 9_000, 9_030],
    ['event', 9_000, 9_030],
  ]);
});

test('a withdrawn checkout has the stage `queued`, and an early rejection does not', () => {
  const rejected = { status: 'rejected', settledAt: at(60) } as const;
  expect(stages({}, { ...rejected, jobId: JOB.id })[1]).toEqual(['queued', 5, 60]);
  const early = stages({}, rejected);
  expect(early.map(([stage]) => stage)).toEqual(['request', 'commit', 'event']);
});
