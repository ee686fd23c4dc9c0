import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';
import { childEnv } from '../../../shared/runtime/env.ts';
import { temporaryFolder } from '../../../shared/testing/temporary-folder.ts';
import { isFastEnough, type RecordsReport } from './run-records-bench.ts';

const MAIN = fileURLToPath(new URL('../main.ts', import.meta.url));
/** The bench starts and stops servers, an API and a worker. */
const BENCH_TIMEOUT_MS = 120_000;

test('the quick form searches past orders and reports the times', {
  timeout: BENCH_TIMEOUT_MS,
}, async () => {
  const past = ['--past-orders', '500', '--past-products', '7'];
  const args = ['--quick', '--only', 'records', ...past, '--search-queries', '100'];
  const env = childEnv({ DATA_DIR: await temporaryFolder() });
  const run = promisify(execFile)(process.execPath, [MAIN, ...args], { env });
  const { stdout } = await run.catch((error: { stdout: string }) => error);
  const report: RecordsReport = JSON.parse(stdout.trim().split('\n').at(-1) ?? '');
  expect(report.orders).toBe(500);
  expect(report.indexedPerSecond).toBeGreaterThan(0);
  const empty = report.kinds.filter((kind) => kind.empty > 0).map(({ name }) => name);
  expect(empty).toEqual([]);
  // The machine may be busy, so this asserts only that `ok` matches the measured times.
  expect(report.ok).toBe(report.kinds.every(isFastEnough));
});
