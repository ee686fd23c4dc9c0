import fc from 'fast-check';
import { expect, test } from 'vitest';
import {
  adaptLanes,
  FIRST_LIMIT,
  LANES_MAX,
  LANES_MIN,
  type LaneLimit,
  type LaneSample,
} from './lane-limit.ts';

/** The limit after these answers, one after the other, with all lanes used unless told. */
function after(samples: readonly Partial<LaneSample>[], start: LaneLimit = FIRST_LIMIT): LaneLimit {
  return samples.reduce<LaneLimit>((limit, sample, index) => {
    const beganAtMs = index * 10_000;
    const usual = { isSuccess: true, beganAtMs, durationMs: 100, underWay: limit.lanes };
    return adaptLanes(limit, { ...usual, ...sample });
  }, start);
}

const good = (count: number): Partial<LaneSample>[] => Array.from({ length: count }, () => ({}));

test('each good answer adds a lane, up to the most', () => {
  expect(after([]).lanes).toBe(LANES_MIN);
  expect(after(good(10)).lanes).toBe(LANES_MIN + 10);
  expect(after(good(500)).lanes).toBe(LANES_MAX);
});

test('lanes that nobody uses are not added to', () => {
  const idle = good(100).map((sample) => ({ ...sample, underWay: 3 }));
  expect(after(idle).lanes).toBe(LANES_MIN);
});

test('a failure halves them, and so does an answer that is slow against the fastest', () => {
  expect(after([...good(100), { isSuccess: false }]).lanes).toBe(LANES_MAX / 2);
  expect(after([...good(100), { durationMs: 301 }]).lanes).toBe(LANES_MAX / 2);
  expect(after([...good(100), { durationMs: 300 }]).lanes).toBe(LANES_MAX);
  const failures = Array.from({ length: 20 }, () => ({ isSuccess: false }));
  expect(after([...good(100), ...failures]).lanes).toBe(LANES_MIN);
});

test('one that is slow always, and alike, is not taken for one at which requests queue', () => {
  expect(after(good(100).map((sample) => ({ ...sample, durationMs: 4_000 }))).lanes).toBe(
    LANES_MAX,
  );
});

test('a wave of failures halves them once', () => {
  const at = 10_000_000;
  const wave = Array.from({ length: 60 }, (_, index) => ({
    isSuccess: false,
    beganAtMs: at - index,
    durationMs: 500 + index,
  }));
  expect(after(wave, after(good(100))).lanes).toBe(LANES_MAX / 2);
  const next = { isSuccess: false, beganAtMs: at + 501 };
  expect(after([...wave, next], after(good(100))).lanes).toBe(LANES_MAX / 4);
});

test('whatever is answered, the limit stays within its bounds', () => {
  const sample = fc.record({
    isSuccess: fc.boolean(),
    beganAtMs: fc.nat(),
    durationMs: fc.nat({ max: 20_000 }),
    underWay: fc.integer({ min: 1, max: LANES_MAX }),
  });
  fc.assert(
    fc.property(fc.array(sample, { maxLength: 200 }), (samples) => {
      const { lanes } = after(samples);
      expect(Number.isInteger(lanes)).toBe(true);
      expect(lanes).toBeGreaterThanOrEqual(LANES_MIN);
      expect(lanes).toBeLessThanOrEqual(LANES_MAX);
    }),
    { numRuns: 300 },
  );
});
