import { expect, test } from 'vitest';
import { preferredWaitMs } from './prefer.ts';

test.each([
  ['wait=5', 5_000],
  ['wait=0', 0],
  ['WAIT = 7', 7_000],
  ['wait="12"', 12_000],
  ['respond-async, wait=10', 10_000],
  ['return=minimal;wait=3', 3_000],
  ['wait=30', 30_000],
  ['wait=31', 30_000],
  ['wait=999999999999', 30_000],
])('Prefer: %s is a wait of %i ms', (prefer, ms) => {
  expect(preferredWaitMs(prefer)).toBe(ms);
});

test.each([undefined, '', 'wait', 'wait=', 'wait=-5', 'wait=soon', 'await=5', 'respond-async'])(
  'Prefer: %s is no wait',
  (prefer) => {
    expect(preferredWaitMs(prefer)).toBe(0);
  },
);
