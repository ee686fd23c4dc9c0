import { expect, onTestFinished, test, vi } from 'vitest';
import { temporaryFolder } from '../../../shared/testing/temporary-folder.ts';
import { runStormBench, type StormReport, stormReportAsText } from './run-storm-bench.ts';

/** The storm below takes a tenth of this on an idle machine. */
const TIMEOUT_MS = 120_000;

test('every buyer gets a final answer, and each round places exactly its 30 units', {
  timeout: TIMEOUT_MS,
}, async () => {
  // A folder of its own, because other test files run benches at the same time.
  vi.stubEnv('DATA_DIR', await temporaryFolder());
  onTestFinished(() => void vi.unstubAllEnvs());
  const size = { rounds: 1, connections: 32, stormBuyers: 300, stormUnits: 30 };
  const report = await runStormBench(size, () => undefined);
  expect(report).toMatchObject({
    ...{ ok: true, buyers: 300, units: 30 },
    verdict: { ok: true, placed: 60, accepted: 600, undersold: 0 },
  });
  expect(report.perSecond).toBeGreaterThan(0);
  expect(report.earlyShare).toBeGreaterThan(0);
  expect(report.earlyShare).toBeLessThanOrEqual(1);
  const failed: StormReport = { ...report, ok: false };
  expect(stormReportAsText(report)).not.toContain('FAILED');
  expect(stormReportAsText(failed)).toContain('FAILED: not exactly 30 units');
});
