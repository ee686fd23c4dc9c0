import { expect, test } from 'vitest';
import { toSummary } from './summary.ts';

/** A part of what k6 2.0.0 writes with `--summary-export`. */
const exported = {
  metrics: {
    checkouts_accepted: { count: 151, rate: 42.1 },
    checkouts_placed: { count: 75, rate: 20.9 },
    http_req_failed: { value: 0.5, passes: 1, fails: 1, thresholds: { 'rate<0.001': true } },
    'http_req_duration{scenario:hot,step:accept}': {
      med: 139.5,
      'p(95)': 1_175.7261,
      'p(99)': 1_249.26,
      thresholds: { 'p(95)<500': true, 'p(99)<2000': false },
    },
    'time_to_outcome{scenario:hot}': { 'p(95)': 1_222.5, 'p(99)': 1_258 },
    'dropped_iterations{scenario:hot}': { count: 9, thresholds: { 'count<5': true } },
    'checkouts_shed{scenario:hot}': { count: 0, thresholds: { 'count<1': false } },
  },
};

test('reads the counters; a counter that k6 omits is 0', () => {
  const { counts } = toSummary(JSON.stringify(exported));
  const others = { rejected: 0, failed: 0, unsettled: 0, shed: 0 };
  expect(counts).toEqual({ accepted: 151, placed: 75, ...others });
});

test('names each threshold that failed, with the value that k6 saw', () => {
  expect(toSummary(JSON.stringify(exported)).failedThresholds).toEqual([
    'http_req_failed must be rate<0.001, but is 0.5',
    'http_req_duration{scenario:hot,step:accept} must be p(95)<500, but is 1175.7261',
    'dropped_iterations{scenario:hot} must be count<5, but is 9',
  ]);
});

test('reads the percentiles of each phase', () => {
  expect([...toSummary(JSON.stringify(exported)).times]).toEqual([
    ['hot', { postP95: 1_175.7261, postP99: 1_249.26, outcomeP95: 1_222.5, outcomeP99: 1_258 }],
  ]);
});

test('an empty summary has no figures', () => {
  const { counts, failedThresholds, times } = toSummary('{"metrics":{}}');
  expect([counts.accepted, failedThresholds, times.size]).toEqual([0, [], 0]);
});
