import { expect, onTestFinished, test, vi } from 'vitest';
import { temporaryFolder } from '../../../shared/testing/temporary-folder.ts';
import { placesReportAsText, runPlacesBench } from './run-places-bench.ts';

/** The test takes a tenth of this on an idle machine. */
const TIMEOUT_MS = 120_000;

test('the estimates of queued checkouts are compared with the time until these were settled', {
  timeout: TIMEOUT_MS,
}, async () => {
  // A folder of its own, because other test files run benches at the same time.
  vi.stubEnv('DATA_DIR', await temporaryFolder());
  onTestFinished(() => void vi.unstubAllEnvs());
  const size = { rounds: 1, connections: 32, queued: 1_000 };
  const report = await runPlacesBench(size, () => undefined);
  expect(report).toMatchObject({ queued: 1_000, verdict: { ok: true, placed: 2_000 } });
  expect(report.estimates).toBeGreaterThan(0);
  expect(report.ratio.p50).toBeGreaterThan(0);
  expect(placesReportAsText({ ...report, ok: true })).not.toContain('FAILED');
  expect(placesReportAsText({ ...report, ok: false })).toContain('FAILED: too few estimates');
});
