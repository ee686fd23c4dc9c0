import { expect, test } from 'vitest';
import type { SeenVerdict } from '../system/final-verdict.ts';
import { describeResult, findDrift, findLedgerFailures, findLoadFailures } from './judge-run.ts';

const counts = { accepted: 10, placed: 5, rejected: 5, failed: 0, unsettled: 0, shed: 0 };
const k6 = { exitCode: 0, counts, failedThresholds: [] as string[] };
const verdict = { ok: true, accepted: 10 } as SeenVerdict;

function findFailures(
  change: Partial<{ k6: typeof k6; verdict: SeenVerdict; oversold: string[] }>,
) {
  const run = { k6, verdict, oversold: [], ...change };
  const ledger = findLedgerFailures(run.k6.counts.accepted, run.verdict, run.oversold);
  return [...findLoadFailures(run.k6), ...ledger];
}

test('a good run has no failures', () => {
  expect(findFailures({})).toEqual([]);
});

test.each([
  [
    'a threshold by name',
    { k6: { ...k6, exitCode: 99, failedThresholds: ['checks must be rate>0.999'] } },
    'threshold: checks must be rate>0.999',
  ],
  ['a threshold without a summary', { k6: { ...k6, exitCode: 99 } }, 'a threshold failed'],
  ['an unexpected exit code', { k6: { ...k6, exitCode: 107 } }, 'k6 exited with 107'],
  [
    'a run without accepted checkouts',
    { k6: { ...k6, counts: { ...counts, accepted: 0 } } },
    'no checkout of k6 was accepted',
  ],
  ['a verdict that is not ok', { verdict: { ...verdict, ok: false } }, 'the verdict is not ok'],
  [
    'a lost 202',
    { verdict: { ...verdict, accepted: 9 } },
    'k6 got 10 answers 202, but the database holds 9',
  ],
  ['an oversold product', { oversold: ['x: 6 units are reserved'] }, 'oversold: x'],
])('reports %s', (_, change, text) => {
  expect(findFailures(change)).toEqual([expect.stringContaining(text)]);
});

const times = (outcomeP95: number) => ({ postP95: 1, postP99: 2, outcomeP95, outcomeP99: 9_999 });

test('a run whose end is much slower than its beginning has drifted', () => {
  const driftTo = (last: number) =>
    findDrift(
      new Map([
        ['first', times(40)],
        ['last', times(last)],
      ]),
    );
  expect(driftTo(130)).toEqual([]);
  expect(driftTo(131)).toEqual(['slower at the end: p95 to the outcome was 40 ms and is 131 ms']);
  expect(findDrift(new Map([['hot', times(500)]]))).toEqual([]);
});

test('a result is described by its verdict and its failures', () => {
  expect(describeResult({ failures: [], verdict })).toBe('passed; verdict ok');
  const failures = ['threshold: a', 'the verdict is not ok'];
  expect(describeResult({ failures, verdict: { ok: false } })).toBe(
    'failed; verdict not ok; threshold: a; the verdict is not ok',
  );
});
