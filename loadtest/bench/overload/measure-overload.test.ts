import { expect, test } from 'vitest';
import { findBrokenPromises, type OverloadSample } from './measure-overload.ts';

const BOUNDS = { probeMsMax: 1_000, recoveredMsMax: 5_000 };

/** A flood within all bounds. */
const WITHIN_BOUNDS: OverloadSample = {
  ...{ connections: 500, offeredPerSecond: 300, seconds: 1 },
  ...{ sent: 300, unsent: 0, accepted: 100, refused: 190, cut: 10, codes: { overloaded: 190 } },
  ...{ refusedAndStored: 9, isSettled: true, settledWithinSeconds: 2 },
  ...{ memoryMbMax: 300, memoryGrowth: 2, probes: 9, probeMsMax: 1_000, probesFailed: 0 },
  ...{ recoveredMs: 5_000, afterwardsPerSecond: 100 },
};

test('a flood within the bounds has no problems, whether it is shed or accepted completely', () => {
  expect(findBrokenPromises(WITHIN_BOUNDS, BOUNDS)).toEqual([]);
  const whole = {
    ...WITHIN_BOUNDS,
    accepted: 300,
    refused: 0,
    cut: 0,
    codes: {},
    refusedAndStored: 0,
  };
  expect(findBrokenPromises(whole, BOUNDS)).toEqual([]);
});

test.each([
  ['are stored is 0.06', { refusedAndStored: 11 }],
  ['are stored is 1', { accepted: 300, refused: 0, cut: 0, refusedAndStored: 1 }],
  ['that are not stored is 1', { refusedAndStored: -1 }],
  ['growth of memory is 2.1', { memoryGrowth: 2.1 }],
  ['slowest probe in ms is 1001', { probeMsMax: 1_001 }],
  ['failed probes is 1', { probesFailed: 1 }],
  ['recovery in ms is 5001', { recoveredMs: 5_001 }],
  ['have no outcome', { isSettled: false }],
  ['neither 202 nor a proper refusal: 500 oops', { other: '500 oops' }],
  ['299 of 300 checkouts were answered or cut', { refused: 189 }],
])('a flood that breaks a bound is reported: … %s', (text, change) => {
  const problems = findBrokenPromises({ ...WITHIN_BOUNDS, ...change }, BOUNDS);
  expect(problems).toEqual([expect.stringContaining(text)]);
});
