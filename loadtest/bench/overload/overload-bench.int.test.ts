import { expect, onTestFinished, test, vi } from 'vitest';
import { temporaryFolder } from '../../../shared/testing/temporary-folder.ts';
import { parseOptions } from '../options.ts';
import {
  type OverloadReport,
  overloadReportAsText,
  runOverloadBench,
} from './run-overload-bench.ts';

/** The quick form takes a tenth of this on an idle machine. */
const TIMEOUT_MS = 300_000;

test('the quick form floods twice, and no accepted checkout is lost', {
  timeout: TIMEOUT_MS,
}, async () => {
  // A folder of its own, because other test files run benches at the same time.
  vi.stubEnv('DATA_DIR', await temporaryFolder());
  onTestFinished(() => void vi.unstubAllEnvs());
  const flood = ['--overload-connections', '600', '--overload-seconds', '1'];
  const sizes = [...flood, '--checkouts', '150', '--warm-up', '30'];
  const options = parseOptions(['--quick', '--only', 'overload', ...sizes]);
  const report = await runOverloadBench(options, () => undefined);
  expect(report).toMatchObject({ ok: true, problems: [] });
  expect(report.floods.map(({ connections }) => connections)).toEqual([500, 600]);
  for (const flood of report.floods) {
    expect(flood.accepted).toBeGreaterThan(0);
    expect(flood.probes).toBeGreaterThan(0);
    expect(flood.sent + flood.unsent).toBe(flood.offeredPerSecond * options.overloadSeconds);
  }
  const failed: OverloadReport = { ...report, ok: false, problems: ['probes hang'] };
  expect(overloadReportAsText(report)).not.toContain('FAILED');
  expect(overloadReportAsText(failed)).toContain('FAILED: probes hang');
});
