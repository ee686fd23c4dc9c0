import { expect, test } from 'vitest';
import { type EndpointHealth, HEALTH_RULES, isSuspect, judgeEndpoint } from './endpoint-health.ts';

const START = new Date('2026-03-01T00:00:00Z');
const SUCCESS = { isSuccess: true };
const FAILURE = { isSuccess: false };
const at = (ms: number) => new Date(START.getTime() + ms);

/** Judges an endpoint after these attempts, one per minute; `+` is a success and `-` a failure. */
function after(attempts: string) {
  let health: EndpointHealth = { failures: 0 };
  let judged = judgeEndpoint(health, SUCCESS, START, HEALTH_RULES);
  [...attempts].forEach((attempt, minute) => {
    judged = judgeEndpoint(
      health,
      { isSuccess: attempt === '+' },
      at(minute * 60_000),
      HEALTH_RULES,
    );
    health = judged.health;
  });
  return judged;
}

test('failures in a row are counted, and a success resets the count', () => {
  expect(after('--').health).toEqual({ failures: 2, failingSince: START });
  expect(after('---+').health).toEqual({ failures: 0 });
  expect(after('---+-').health).toEqual({ failures: 1, failingSince: at(4 * 60_000) });
});

test('from the fifth failure in a row, an endpoint is paused, longer each time up to 5 minutes', () => {
  expect(after('----')).toMatchObject({ pauseMs: 0 });
  expect(isSuspect(after('----').health, HEALTH_RULES)).toBe(false);
  expect(isSuspect(after('-----').health, HEALTH_RULES)).toBe(true);
  const pauses = [5, 6, 7, 11, 12, 40].map((count) => after('-'.repeat(count)).pauseMs);
  expect(pauses).toEqual([5_000, 10_000, 20_000, 300_000, 300_000, 300_000]);
  expect(after(`${'-'.repeat(40)}+`).pauseMs).toBe(0);
});

test('an endpoint that sends Retry-After is paused for that time, at most an hour', () => {
  const pauseMs = (failures: number, askedMs: number) =>
    judgeEndpoint({ failures }, { isSuccess: false, askedMs }, START, HEALTH_RULES).pauseMs;
  expect(pauseMs(0, 60_000)).toBe(60_000);
  expect(pauseMs(0, 86_400_000)).toBe(3_600_000);
  // The pause is never shorter than without Retry-After.
  expect(pauseMs(11, 60_000)).toBe(300_000);
  expect(judgeEndpoint({ failures: 0 }, FAILURE, START, HEALTH_RULES).pauseMs).toBe(0);
});

test('an endpoint has recovered when it succeeds after at least five failures over at least a minute', () => {
  expect(after('-----+').isRecovered).toBe(true);
  expect(after('----+').isRecovered).toBe(false);
  const fast = judgeEndpoint(
    { failures: 9, failingSince: START },
    SUCCESS,
    at(59_999),
    HEALTH_RULES,
  );
  expect(fast.isRecovered).toBe(false);
  expect(after('+').isRecovered).toBe(false);
});

test('an endpoint is disabled when it has failed for five days, and at least five times in a row', () => {
  const day = 86_400_000;
  const judge = (failures: number, ms: number) =>
    judgeEndpoint({ failures, failingSince: START }, FAILURE, at(ms), HEALTH_RULES).isDisabled;
  expect(judge(20, 5 * day)).toBe(true);
  expect(judge(20, 5 * day - 1)).toBe(false);
  expect(judge(2, 50 * day)).toBe(false);
  expect(
    judgeEndpoint({ failures: 20, failingSince: START }, SUCCESS, at(9 * day), HEALTH_RULES),
  ).toMatchObject({ isDisabled: false });
});
