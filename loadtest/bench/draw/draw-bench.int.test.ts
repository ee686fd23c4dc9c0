import { expect, onTestFinished, test, vi } from 'vitest';
import { temporaryFolder } from '../../../shared/testing/temporary-folder.ts';
import { type DrawReport, drawReportAsText, runDrawBench } from './run-draw-bench.ts';

/** The draw below takes a tenth of this on an idle machine. */
const TIMEOUT_MS = 120_000;

test('a draw of 160 entries is drawn in the order of its seed and settled', {
  timeout: TIMEOUT_MS,
}, async () => {
  // A folder of its own, because other test files run benches at the same time.
  vi.stubEnv('DATA_DIR', await temporaryFolder());
  onTestFinished(() => void vi.unstubAllEnvs());
  const size = { connections: 32, drawEntries: 160, drawUnits: 40 };
  const report = await runDrawBench(size, () => undefined);
  expect(report).toMatchObject({
    ...{ ok: true, entries: 160, units: 40 },
    verdict: { ok: true, placed: 40, rejected: 120, waiting: 0 },
  });
  const failed: DrawReport = { ...report, ok: false };
  expect(drawReportAsText(report)).not.toContain('FAILED');
  expect(drawReportAsText(failed)).toContain('FAILED: the winners are not those of the seed');
});
