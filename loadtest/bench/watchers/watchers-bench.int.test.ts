import { expect, onTestFinished, test, vi } from 'vitest';
import { temporaryFolder } from '../../../shared/testing/temporary-folder.ts';
import {
  runWatchersBench,
  type WatchersReport,
  watchersReportAsText,
} from './run-watchers-bench.ts';

/** The runs below take a tenth of this on an idle machine. */
const TIMEOUT_MS = 120_000;

test('measures the rate with and without watchers', {
  timeout: TIMEOUT_MS,
}, async () => {
  // A folder of its own, because other test files run benches at the same time.
  vi.stubEnv('DATA_DIR', await temporaryFolder());
  onTestFinished(() => void vi.unstubAllEnvs());
  const size = { pairs: 2, connections: 16, warmUpCheckouts: 50 };
  const options = { ...size, watchers: 3, watchedCheckouts: 300 };
  const report = await runWatchersBench(options, () => undefined);
  expect(report).toMatchObject({
    ...{ watchers: 3, checkouts: 300 },
    verdict: { ok: true, accepted: 1_250, placed: 1_250 },
  });
  expect(report.pairs).toHaveLength(2);
  for (const { ratio, without, with: watched } of report.pairs) {
    expect(ratio).toBeCloseTo(watched / without);
    expect(ratio).toBeGreaterThan(0);
  }
  expect(report.ratio).toBeGreaterThanOrEqual(report.ratioMin);
  expect(report.ratio).toBeLessThanOrEqual(report.ratioMax);
  const passed: WatchersReport = { ...report, ok: true };
  expect(watchersReportAsText(passed)).not.toContain('FAILED');
  expect(watchersReportAsText({ ...passed, ok: false })).toContain('FAILED: the median pair cost');
});
