import fc from 'fast-check';
import { expect, test } from 'vitest';
import { judgeSearch, searchBreakPoint } from './search-break-point.ts';

/** Creates a system that holds up to `limit` checkouts a second and records the probed rates. */
function systemWithLimit(limit: number) {
  const rates: number[] = [];
  const probe = async (rate: number) => {
    rates.push(rate);
    return rate > limit ? ['too slow'] : [];
  };
  return { rates, probe };
}

test('doubles the rate until a probe fails, then narrows the gap', async () => {
  const { rates, probe } = systemWithLimit(170);
  const breakPoint = await searchBreakPoint({ first: 50, max: 5_000, probesMax: 12 }, probe);
  expect(rates).toEqual([50, 100, 200, 141, 168, 183]);
  expect(breakPoint).toEqual({
    held: { rate: 168, failures: [] },
    broke: { rate: 183, failures: ['too slow'] },
  });
});

test('halves a first rate that breaks, and stops at the maximum', async () => {
  const slow = systemWithLimit(20);
  const breakPoint = await searchBreakPoint({ first: 100, max: 500, probesMax: 3 }, slow.probe);
  expect(slow.rates).toEqual([100, 50, 25]);
  expect(breakPoint.held).toBeUndefined();
  const fast = systemWithLimit(9_999);
  const best = await searchBreakPoint({ first: 100, max: 300, probesMax: 12 }, fast.probe);
  expect(fast.rates).toEqual([100, 200, 300]);
  expect(best).toEqual({ held: { rate: 300, failures: [] } });
});

test('a search fails only if no rate held', () => {
  const [held, broke] = [
    { rate: 50, failures: [] },
    { rate: 100, failures: ['too slow'] },
  ];
  expect(judgeSearch({ broke })).toEqual({
    figures: ['broke at 100 checkouts a second: too slow'],
    failures: ['no rate held'],
  });
  expect(judgeSearch({ held, broke })).toEqual({
    figures: ['held at 50 checkouts a second', 'broke at 100 checkouts a second: too slow'],
    failures: [],
  });
  expect(judgeSearch({ held })).toMatchObject({ failures: [] });
});

test('finds any limit within the precision, in a bounded number of probes', async () => {
  const limits = fc.record({
    limit: fc.integer({ min: 1, max: 4_999 }),
    first: fc.integer({ min: 1, max: 5_000 }),
  });
  await fc.assert(
    fc.asyncProperty(limits, async ({ limit, first }) => {
      const { rates, probe } = systemWithLimit(limit);
      const { held, broke } = await searchBreakPoint({ first, max: 5_000, probesMax: 30 }, probe);
      expect(rates.length).toBeLessThan(20);
      expect(new Set(rates).size).toBe(rates.length);
      const [low = 0, high = 0] = [held?.rate, broke?.rate];
      expect(low).toBeLessThanOrEqual(limit);
      expect(high).toBeGreaterThan(limit);
      expect(high <= low * 1.15 || high - low <= 1).toBe(true);
    }),
  );
});
