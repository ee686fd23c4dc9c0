import fc from 'fast-check';
import { expect, test } from 'vitest';
import { nextDelayMs, RETRY_DELAYS_MS } from './retry-schedule.ts';

const DAY_MS = 86_400_000;
const KEPT_MS = 7 * DAY_MS;

test('the delays follow the schedule, and after the last attempt there is none', () => {
  const waits = Array.from({ length: 11 }, (_, index) =>
    nextDelayMs(RETRY_DELAYS_MS, { failures: index + 1, random: 0, keptForMs: KEPT_MS }),
  );
  expect(waits.slice(0, 3)).toEqual([5_000, 300_000, 1_800_000]);
  expect(waits[8]).toBe(DAY_MS);
  expect(waits.slice(9)).toEqual([undefined, undefined]);
});

test('all attempts fit into the week for which deliveries are kept, even with the longest delays', () => {
  const waits = RETRY_DELAYS_MS.map(
    (_, index) =>
      nextDelayMs(RETRY_DELAYS_MS, { failures: index + 1, random: 1, keptForMs: KEPT_MS }) ?? 0,
  );
  expect(waits.reduce((sum, wait) => sum + wait, 0)).toBeLessThan(7 * DAY_MS);
});

test('a delay is never shorter than the schedule or `Retry-After`, nor longer by more than a tenth', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: RETRY_DELAYS_MS.length }),
      fc.double({ min: 0, max: 1, noNaN: true }),
      fc.integer({ min: -DAY_MS, max: 10 * DAY_MS }),
      (failures, random, retryAfterMs) => {
        const scheduled = RETRY_DELAYS_MS[failures - 1] ?? 0;
        const respectedMs = Math.min(Math.max(retryAfterMs, 0), DAY_MS);
        const failed = { failures, random, retryAfterMs, keptForMs: KEPT_MS };
        const delay = nextDelayMs(RETRY_DELAYS_MS, failed) ?? -1;
        expect(delay).toBeGreaterThanOrEqual(Math.max(scheduled, respectedMs));
        expect(delay).toBeLessThanOrEqual(Math.max(scheduled * 1.1, respectedMs) + 1);
      },
    ),
    { numRuns: 300 },
  );
});

test('however often a receiver sends Retry-After, the last attempt is made while the delivery is kept', () => {
  fc.assert(
    fc.property(
      fc.array(
        fc.record({
          random: fc.double({ min: 0, max: 1, noNaN: true }),
          retryAfterMs: fc.integer({ min: 0, max: 10 * DAY_MS }),
        }),
        { minLength: RETRY_DELAYS_MS.length, maxLength: RETRY_DELAYS_MS.length },
      ),
      (attempts) => {
        const total = attempts.reduce((sum, attempt, index) => {
          const failed = { ...attempt, failures: index + 1, keptForMs: KEPT_MS - sum };
          return sum + (nextDelayMs(RETRY_DELAYS_MS, failed) ?? 0);
        }, 0);
        expect(total).toBeLessThan(KEPT_MS);
      },
    ),
    { numRuns: 300 },
  );
  // A receiver that always asks for a day gets it until the lifetime leaves less time.
  let total = 0;
  RETRY_DELAYS_MS.forEach((_, index) => {
    const failed = { failures: index + 1, random: 1, retryAfterMs: DAY_MS };
    total += nextDelayMs(RETRY_DELAYS_MS, { ...failed, keptForMs: KEPT_MS - total }) ?? 0;
  });
  expect(total).toBeGreaterThan(6 * DAY_MS);
  expect(total).toBeLessThan(KEPT_MS);
});
